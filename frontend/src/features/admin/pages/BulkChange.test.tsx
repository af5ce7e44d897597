import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { anAdminProduct, aToken, BOWL_ID, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests } from "@/testing/server";

const mug = anAdminProduct();
const bowl = anAdminProduct({ id: BOWL_ID, name: "bowl", price: 8, quantity: 3 });
const cup = anAdminProduct({ id: "d".repeat(24), name: "cup", price: 4, quantity: 0 });

const applied = (product: ReturnType<typeof anAdminProduct>) => ({
  id: product.id,
  outcome: "applied",
  product,
  problem: null,
});
const refused = (id: string, detail: string) => ({
  id,
  outcome: "refused",
  product: null,
  problem: { type: "/problems/stale", title: "The product has changed", status: 412, detail },
});
const results = (...rows: object[]) => json({ results: rows });

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  recordRequests("get", "*/api/admin/products", json(productPage([mug, bowl, cup])));
});

async function openDialog(user: ReturnType<typeof openShop>["user"], count: number) {
  await user.click(screen.getByRole("button", { name: "Change selected…" }));
  return screen.findByRole("dialog", { name: `Change ${count} products` });
}

describe("a change of several products", () => {
  it("shows its result first, reports refusals, and is undone in one step", async () => {
    // Given
    const newMug = anAdminProduct({ price: 15.95, etag: '"2.1"' });
    const sent = recordRequests(
      "post",
      "*/api/admin/products/changes",
      results(applied(newMug), refused(BOWL_ID, "Someone else has changed the product.")),
      results(applied({ ...mug, etag: '"3.1"' })),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("checkbox", { name: "Select mug" }));
    await user.click(screen.getByRole("checkbox", { name: "Select bowl" }));

    // Then
    expect(screen.getByText("2 products selected")).toBeVisible();

    // When
    const dialog = await openDialog(user, 2);
    await user.selectOptions(
      within(dialog).getByLabelText("Action"),
      "Increase the price by a percentage",
    );
    await user.type(within(dialog).getByLabelText("Percentage"), "10");

    // Then
    const row = within(dialog).getByRole("row", { name: /Mug/ });
    expect(row).toHaveTextContent("€14.50");
    expect(row).toHaveTextContent("€15.95");
    expect(sent).toEqual([]);

    // When
    await user.click(within(dialog).getByRole("button", { name: "Change 2 products" }));

    // Then
    const result = await screen.findByRole("region", { name: "Changed 1 product" });
    expect(within(result).getByRole("heading")).toHaveFocus();
    expect(result).toHaveTextContent("1 change was refused");
    expect(result).toHaveTextContent("bowl: Someone else has changed the product.");
    expect(sent[0]?.body).toEqual({
      changes: [
        { id: MUG_ID, etag: '"1.1"', price: 15.95 },
        { id: BOWL_ID, etag: '"1.1"', price: 8.8 },
      ],
    });
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}\.0$/);
    expect(screen.getByRole("checkbox", { name: "Select mug" })).not.toBeChecked();
    expect(screen.getByRole("checkbox", { name: "Select bowl" })).toBeChecked();

    // When
    await user.click(within(result).getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByRole("region", { name: "Undone for 1 product" })).toBeVisible();
    expect(sent[1]?.body).toEqual({ changes: [{ id: MUG_ID, etag: '"2.1"', price: 14.5 }] });
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("sends a set stock as a change, and leaves out what is impossible or the same", async () => {
    // Given
    const sent = recordRequests(
      "post",
      "*/api/admin/products/changes",
      results(applied({ ...mug, quantity: 3 }), applied({ ...cup, quantity: 3 })),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("checkbox", { name: "Select all 3 shown" }));
    const dialog = await openDialog(user, 3);
    await user.selectOptions(within(dialog).getByLabelText("Action"), "Set the stock");
    await user.type(within(dialog).getByLabelText("Quantity"), "3");

    // Then
    expect(within(dialog).getByRole("row", { name: /Bowl/ })).toHaveTextContent("No change");
    expect(within(dialog).getByRole("status")).toHaveTextContent(
      "2 products will change. 1 already has this value.",
    );

    // When
    await user.click(within(dialog).getByRole("button", { name: "Change 2 products" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.body).toEqual({
      changes: [
        { id: MUG_ID, quantity_delta: -7, expected_quantity: 10 },
        { id: cup.id, quantity_delta: 3, expected_quantity: 0 },
      ],
    });
  });

  it("shows what would be below zero and refuses a value that is not a number", async () => {
    // Given
    const { user } = openShop("/admin/products");
    await user.click(await screen.findByRole("checkbox", { name: "Select mug" }));
    await user.click(screen.getByRole("button", { name: "Change selected…" }));
    const dialog = await screen.findByRole("dialog", { name: "Change 1 product" });

    // When
    await user.selectOptions(within(dialog).getByLabelText("Action"), "Decrease the stock");
    await user.type(within(dialog).getByLabelText("Quantity"), "11");

    // Then
    expect(within(dialog).getByText("The stock would be below zero.")).toBeVisible();
    expect(within(dialog).getByRole("button", { name: "Change 0 products" })).toBeDisabled();

    // When
    await user.type(within(dialog).getByLabelText("Quantity"), "x");

    // Then
    expect(within(dialog).getByText("Enter a whole number from 0 to 1,000,000.")).toBeVisible();
  });

  it("is sent again with the same key after a failure", async () => {
    // Given
    const sent = recordRequests(
      "post",
      "*/api/admin/products/changes",
      () => problem(503, "unavailable", "The database is unavailable."),
      results(applied({ ...mug, archived: true })),
    );
    const { user } = openShop("/admin/products");
    await user.click(await screen.findByRole("checkbox", { name: "Select mug" }));
    await user.click(screen.getByRole("button", { name: "Change selected…" }));
    const dialog = await screen.findByRole("dialog", { name: "Change 1 product" });
    await user.selectOptions(within(dialog).getByLabelText("Action"), "Archive");

    // When
    await user.click(within(dialog).getByRole("button", { name: "Change 1 product" }));

    // Then
    expect(await within(dialog).findByText("The database is unavailable.")).toBeVisible();

    // When
    await user.click(within(dialog).getByRole("button", { name: "Change 1 product" }));

    // Then
    expect(await screen.findByRole("region", { name: "Changed 1 product" })).toBeVisible();
    const [first, second] = sent.map(({ headers }) => headers.get("Idempotency-Key"));
    expect(second).toBe(first);
  });

  it("selects a range with Shift and works with the keyboard", async () => {
    // Given
    const { user } = openShop("/admin/products");
    const first = await screen.findByRole("checkbox", { name: "Select mug" });

    // When
    first.focus();
    await user.keyboard(" ");
    await user.keyboard("{Shift>}");
    await user.click(screen.getByRole("checkbox", { name: "Select cup" }));
    await user.keyboard("{/Shift}");

    // Then
    expect(screen.getByText("3 products selected")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Clear selection" }));

    // Then
    expect(first).not.toBeChecked();
  });

  it("of more than 100 products takes several requests", async () => {
    // Given
    const many = Array.from({ length: 101 }, (_, index) =>
      anAdminProduct({ id: String(index).padStart(24, "0"), name: `item ${index}` }),
    );
    recordRequests("get", "*/api/admin/products", json(productPage(many)));
    const sent = recordRequests("post", "*/api/admin/products/changes", results());
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("checkbox", { name: "Select all 101 shown" }));
    const dialog = await openDialog(user, 101);
    await user.selectOptions(within(dialog).getByLabelText("Action"), "Archive");
    await user.click(within(dialog).getByRole("button", { name: "Change 101 products" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(2));
    const sizes = sent.map(({ body }) => (body as { changes: unknown[] }).changes.length);
    expect(sizes).toEqual([100, 1]);
    const keys = new Set(sent.map(({ headers }) => headers.get("Idempotency-Key")));
    expect(keys.size).toBe(2);
  });

  it("reports and undoes the first request if the second one fails", async () => {
    // Given
    const many = Array.from({ length: 101 }, (_, index) =>
      anAdminProduct({ id: String(index).padStart(24, "0"), name: `item ${index}` }),
    );
    recordRequests("get", "*/api/admin/products", json(productPage(many)));
    const archived = many.slice(0, 100).map((product) => ({ ...product, archived: true }));
    const sent = recordRequests(
      "post",
      "*/api/admin/products/changes",
      results(...archived.map(applied)),
      () => problem(503, "unavailable", "The database is unavailable."),
      results(...many.slice(0, 100).map(applied)),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("checkbox", { name: "Select all 101 shown" }));
    const dialog = await openDialog(user, 101);
    await user.selectOptions(within(dialog).getByLabelText("Action"), "Archive");
    await user.click(within(dialog).getByRole("button", { name: "Change 101 products" }));

    // Then
    const result = await screen.findByRole("region", { name: "Changed 100 products" });
    expect(within(result).getByRole("listitem")).toHaveTextContent(
      "item 100: The database is unavailable.",
    );
    expect(screen.getByRole("checkbox", { name: "Select item 100" })).toBeChecked();

    // When
    await user.click(within(result).getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByRole("region", { name: "Undone for 100 products" })).toBeVisible();
    expect(sent[2]?.body).toEqual({
      changes: many.slice(0, 100).map(({ id }) => expect.objectContaining({ id, archived: false })),
    });
  });
});

describe("a value in the table", () => {
  it("is edited in place, with a comma or a point", async () => {
    // Given
    const sent = recordRequests(
      "post",
      "*/api/admin/products/changes",
      results(applied({ ...mug, price: 9.99 })),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Edit the price of mug: €14.50" }));
    const field = screen.getByRole("textbox", { name: "New price of mug" });

    // Then
    expect(field).toHaveFocus();
    expect(field).toHaveValue("14.50");

    // When
    await user.keyboard("9,99{Enter}");

    // Then
    expect(await screen.findByText("mug: €9.99.")).toBeVisible();
    expect(sent[0]?.body).toEqual({ changes: [{ id: MUG_ID, etag: '"1.1"', price: 9.99 }] });
    expect(screen.getByRole("button", { name: /^Edit the price of mug/ })).toHaveFocus();
  });

  it("keeps the text and says why it was refused", async () => {
    // Given
    recordRequests(
      "post",
      "*/api/admin/products/changes",
      results(refused(MUG_ID, "The stock is now 9. Check the change and try again.")),
    );
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Edit the stock of mug: 10" }));
    await user.keyboard("12{Enter}");

    // Then
    expect(
      await screen.findByText("The stock is now 9. Check the change and try again."),
    ).toBeVisible();
    expect(screen.getByRole("textbox", { name: "New stock of mug" })).toHaveValue("12");

    // When
    await user.keyboard("{Escape}");

    // Then
    expect(screen.queryByRole("textbox", { name: "New stock of mug" })).toBeNull();
  });

  it("refuses what is not a price without a request", async () => {
    // Given
    const sent = recordRequests("post", "*/api/admin/products/changes", () => HttpResponse.json());
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Edit the price of mug: €14.50" }));
    await user.keyboard("-1{Enter}");

    // Then
    expect(await screen.findByText(/^Enter a price such as 12.50/)).toBeVisible();
    expect(sent).toEqual([]);
  });
});

describe("the list of products", () => {
  it("keeps its filters and its order in the URL", async () => {
    // Given
    const requests = recordRequests("get", "*/api/admin/products", json(productPage([mug])));
    const { user } = openShop("/admin/products?archived=yes&category=kitchen&sort=-stock");
    await screen.findByRole("checkbox", { name: "Select mug" });

    // Then
    expect(requests[0]?.query).toEqual({
      archived: "true",
      categoryName: "kitchen",
      sort: "-stock",
      limit: "24",
    });
    expect(screen.getByRole("columnheader", { name: "Stock" })).toHaveAttribute(
      "aria-sort",
      "descending",
    );

    // When
    await user.click(screen.getByRole("button", { name: "Stock" }));
    await user.selectOptions(screen.getByLabelText("Show"), "For sale only");

    // Then
    await waitFor(() => expect(location.search).toBe("?archived=no&category=kitchen&sort=stock"));
  });

  it("opens the stock of the product that the URL names", async () => {
    recordRequests("get", "*/api/products/:id", json(bowl));
    const { user } = openShop(`/admin/products?restock=${BOWL_ID}`);
    const dialog = await screen.findByRole("dialog", { name: "Stock of bowl" });
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(location.search).toBe(""));
  });

  it("ignores an invalid id in the URL", async () => {
    openShop("/admin/products?edit=%5E%5B0-9%5D&restock=x");
    expect(await screen.findByRole("checkbox", { name: "Select mug" })).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("a new product", () => {
  it("is followed by another one on request", async () => {
    // Given
    const sent = recordRequests("post", "*/api/products", json(mug));
    recordRequests("get", "*/api/products/:id", json(mug));
    const { user } = openShop("/admin/products?edit=new");
    const drawer = await screen.findByRole("dialog", { name: "New product" });

    // When
    await user.type(within(drawer).getByLabelText("Name"), "mug");
    await user.type(within(drawer).getByLabelText("Price"), "14.50");
    await user.click(within(drawer).getByRole("button", { name: "Save and add another" }));

    // Then
    expect(await screen.findByText("Added mug.")).toBeVisible();
    await waitFor(() => expect(within(drawer).getByLabelText("Name")).toHaveValue(""));
    expect(within(drawer).getByLabelText("Name")).toHaveFocus();
    expect(sent).toHaveLength(1);
  });
});
