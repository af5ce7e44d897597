import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aCategory, aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const named = (...names: string[]) => json({ categories: names.map(aCategory) });
const nothing = () => new Response(null, { status: 204 });
const taken = () =>
  problem(409, "category-taken", "There is a category named garden already.", [
    { field: "name", message: "There is a category named garden already." },
  ]);
const main = () => within(screen.getByRole("main"));

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("new category", () => {
  it("is sent once and appears in the list", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("kitchen"), named("garden", "kitchen"));
    const sent = recordRequests(
      "post",
      "*/api/categories",
      json(aCategory("garden"), { status: 201 }),
    );
    const { user } = openShop("/admin/categories");
    const field = await screen.findByLabelText("New category");

    // When
    await user.click(screen.getByRole("button", { name: "Add category" }));

    // Then
    expect(field).toHaveAccessibleDescription("Enter a name.");

    // When
    await user.type(field, "garden");
    await user.dblClick(screen.getByRole("button", { name: "Add category" }));

    // Then
    expect(await main().findByRole("link", { name: "Garden" })).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual([{ name: "garden" }]);
    expect(field).toHaveValue("");
    expect(screen.getByText("Added garden.")).toBeVisible();
  });

  it("shows an error at the field if the name is taken", async () => {
    // Given
    recordRequests("post", "*/api/categories", taken);
    const { user } = openShop("/admin/categories");
    const field = await screen.findByLabelText("New category");

    // When
    await user.type(field, "garden{Enter}");

    // Then
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription("There is a category named garden already.");
    expect(field).toHaveValue("garden");
  });
});

describe("category", () => {
  it("is renamed in place", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("kitchen"), named("cooking"));
    const sent = recordRequests("patch", "*/api/categories/:id", json(aCategory("cooking")));
    const { user } = openShop("/admin/categories");

    // When
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));

    // Then
    const field = screen.getByRole("textbox", { name: "New name for kitchen" });
    expect(field).toHaveFocus();

    // When
    await user.clear(field);
    await user.type(field, "cooking{Enter}");

    // Then
    expect(await main().findByRole("link", { name: "Cooking" })).toBeVisible();
    expect(sent).toMatchObject([
      { path: "/api/categories/id-of-kitchen", body: { name: "cooking" } },
    ]);
  });

  it("closes its form after a change of case only", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("kitchen"));
    const sent = recordRequests("patch", "*/api/categories/:id", json(aCategory("kitchen")));
    const { user } = openShop("/admin/categories");

    // When
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));
    const field = screen.getByRole("textbox", { name: "New name for kitchen" });
    await user.clear(field);
    await user.type(field, "Kitchen{Enter}");

    // Then
    await waitFor(() => expect(field).not.toBeInTheDocument());
    expect(sent).toHaveLength(1);
  });

  it("keeps its name if the new one is taken or unchanged", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("kitchen"));
    const sent = recordRequests("patch", "*/api/categories/:id", taken);
    const { user } = openShop("/admin/categories");

    // When
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));
    await user.keyboard("{Enter}");

    // Then
    expect(sent).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Rename kitchen" }));
    const field = screen.getByRole("textbox", { name: "New name for kitchen" });
    await user.clear(field);
    await user.type(field, "garden{Enter}");

    // Then
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription("There is a category named garden already.");

    // When
    await user.click(screen.getByRole("button", { name: "Cancel" }));

    // Then
    expect(screen.queryByText("There is a category named garden already.")).toBeNull();
    expect(screen.getByRole("button", { name: "Rename kitchen" })).toHaveFocus();
  });

  it("shows why it cannot be deleted while products use it", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("garden", "kitchen"));
    const sent = recordRequests("delete", "*/api/categories/:id", () =>
      problem(409, "category-in-use", "Products have the category kitchen."),
    );
    const { user } = openShop("/admin/categories");

    // When
    await user.click(await screen.findByRole("button", { name: "Delete kitchen" }));

    // Then
    const item = main().getByRole("link", { name: "Kitchen" }).closest("li");
    expect(await within(item ?? document.body).findByRole("alert")).toHaveTextContent(
      "Products have the category kitchen.",
    );
    expect(sent).toMatchObject([{ path: "/api/categories/id-of-kitchen" }]);
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("is restored by Undo, which reports a failure", async () => {
    // Given
    recordRequests("get", "*/api/categories", named("kitchen"), named());
    recordRequests("delete", "*/api/categories/:id", nothing);
    const sent = recordRequests("post", "*/api/categories", () =>
      problem(503, "unavailable", "Products are unavailable."),
    );
    const { user } = openShop("/admin/categories");

    // When
    await user.click(await screen.findByRole("button", { name: "Delete kitchen" }));

    // Then
    expect(await screen.findByRole("heading", { name: "No categories yet" })).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByText("Products are unavailable.")).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual([{ name: "kitchen" }]);
  });
});
