import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { aProduct, BOWL_ID, MUG_ID } from "@/testing/data";
import { go, openShop } from "@/testing/render";
import { json, productPage, recordRequests } from "@/testing/server";

const bowl = aProduct({ id: BOWL_ID, name: "bowl" });
const field = () => screen.findByRole("combobox", { name: "Search products" });
const highlighted = () =>
  screen.queryAllByRole("option", { selected: true }).map((option) => option.id);

const announcements = () => screen.getAllByRole("status").map((status) => status.textContent);

/** Type into the search field on a page other than the catalogue. */
async function suggest(text: string) {
  const requests = recordRequests("get", "*/api/products", json(productPage([aProduct(), bowl])));
  recordRequests("get", "*/api/products/:id", json(bowl, { headers: { ETag: '"1.1"' } }));
  const shop = openShop("/sign-in");
  const input = await field();
  await shop.user.type(input, text);
  const options = await screen.findAllByRole("option");
  return { ...shop, requests, input, options };
}

describe("suggestions", () => {
  it("load when the user stops typing", async () => {
    const { requests, input, options } = await suggest("bo");
    expect(options.map((option) => option.textContent)).toEqual(["Mmug€14.50", "Bbowl€14.50"]);
    expect(requests.map((request) => request.query)).toEqual([{ q: "bo", limit: "6" }]);
    expect(input).toHaveAttribute("aria-expanded", "true");
  });

  it("are announced with their number", async () => {
    await suggest("bo");
    expect(announcements()).toContain("2 suggestions. Use the arrow keys to choose.");
  });

  it("are announced if there are none", async () => {
    // Given
    recordRequests("get", "*/api/products", json(productPage([])));
    const { user } = openShop("/sign-in");

    // When
    await user.type(await field(), "zzz");

    // Then
    await waitFor(() => expect(announcements()).toContain("No products found for “zzz”."));
  });

  it("are chosen with the arrow keys and opened with Enter", async () => {
    // Given
    const { user, input, options } = await suggest("bo");
    const [first, second] = options.map((option) => option.id);

    // Then
    expect(highlighted()).toEqual([]);

    // When
    await user.keyboard("{ArrowDown}");

    // Then
    expect(highlighted()).toEqual([first]);
    expect(input).toHaveAttribute("aria-activedescendant", first);

    // When
    await user.keyboard("{ArrowDown}{ArrowDown}");

    // Then
    expect(highlighted()).toEqual([]);
    expect(input).toHaveAttribute("aria-activedescendant", "");

    // When
    await user.keyboard("{ArrowUp}");

    // Then
    expect(highlighted()).toEqual([second]);
    expect(input).toHaveFocus();

    // When
    await user.keyboard("{Enter}");

    // Then
    expect(await screen.findByRole("heading", { level: 1, name: "Bowl" })).toBeVisible();
    expect(location.pathname).toBe(`/products/${BOWL_ID}`);
  });

  it("close on Escape, which clears the text and does not navigate", async () => {
    // Given
    const { user, input } = await suggest("bo");

    // When
    await user.keyboard("{ArrowDown}{Escape}");

    // Then
    expect(screen.queryByRole("option")).toBeNull();
    expect(input).toHaveAttribute("aria-expanded", "false");
    expect(input).toHaveValue("");
    expect(input).toHaveFocus();
    expect(location.pathname).toBe("/sign-in");
  });

  it("open on a click", async () => {
    const { user } = await suggest("bo");
    await user.click(screen.getByRole("option", { name: /mug/ }));
    await waitFor(() => expect(location.pathname).toBe(`/products/${MUG_ID}`));
  });

  it("are ignored if Enter is pressed without choosing one", async () => {
    // Given
    const { user } = await suggest("bo");

    // When
    await user.keyboard("wl{Enter}");

    // Then
    expect(await screen.findByRole("heading", { name: "Results for “bowl”" })).toBeVisible();
    expect(location.search).toBe("?q=bowl");
  });
});

describe("search on the catalogue page", () => {
  it("is cleared when its filter chip is removed", async () => {
    // Given
    recordRequests("get", "*/api/products", json(productPage([aProduct()])));
    const { user } = openShop("/products?category=kitchen");
    const input = await field();

    // When
    await user.type(input, "bowl");
    const chips = await screen.findByRole("list", { name: "Active filters" });
    await user.click(await within(chips).findByRole("button", { name: /^“bowl”/ }));

    // Then
    await waitFor(() => expect(location.search).toBe("?category=kitchen"));
    expect(input).toHaveValue("");
    await expect(
      waitFor(() => expect(location.search).toContain("q="), { timeout: 400 }),
    ).rejects.toThrow();
  });

  it("is cleared when going back", async () => {
    // Given
    recordRequests("get", "*/api/products", json(productPage([aProduct()])));
    const { user } = openShop("/products");

    // When
    await user.click(await screen.findByRole("link", { name: "Kitchen" }));
    await user.type(await field(), "bowl");

    // Then
    await waitFor(() => expect(location.search).toBe("?category=kitchen&q=bowl"));

    // When
    await go(-1);

    // Then
    await waitFor(() => expect(location.search).toBe(""));
    await expect(
      waitFor(() => expect(location.search).toContain("q="), { timeout: 400 }),
    ).rejects.toThrow();
  });
});

describe("search shortcut", () => {
  it.each(["/", "{Control>}k{/Control}", "{Meta>}k{/Meta}"])(
    "%s leads to the field",
    async (keys) => {
      // When
      const { user } = openShop("/cart");

      // Then
      const input = await field();
      expect(input).not.toHaveFocus();

      // When
      await user.keyboard(keys);

      // Then
      expect(input).toHaveFocus();
      expect(input).toHaveValue("");
    },
  );

  it("types a slash inside a text field", async () => {
    // Given
    const { user } = openShop("/sign-in");
    const email = await screen.findByLabelText("Email");

    // When
    await user.type(email, "a/b");

    // Then
    expect(email).toHaveValue("a/b");
    expect(email).toHaveFocus();
  });
});
