import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recorded } from "@/testing/server";

const named = (...names: string[]) => json({ categories: names.map((name) => ({ name })) });
const nothing = () => new Response(null, { status: 204 });
const taken = () =>
  problem(409, "category-taken", "There is a category named garden already.", [
    { field: "name", message: "There is a category named garden already." },
  ]);
const main = () => within(screen.getByRole("main"));

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("a new category", () => {
  it("is sent once, and shows in the list", async () => {
    recorded("get", "*/api/categories", named("kitchen"), named("garden", "kitchen"));
    const sent = recorded("post", "*/api/categories", json({ name: "garden" }, { status: 201 }));
    const { user } = openShop("/admin/categories");
    const field = await screen.findByLabelText("New category");
    expect(screen.getByRole("button", { name: "Add" })).toBeDisabled();
    await user.type(field, "garden");
    await user.dblClick(screen.getByRole("button", { name: "Add" }));
    expect(await main().findByRole("link", { name: "Garden" })).toBeVisible();
    expect(sent.map((each) => each.body)).toEqual([{ name: "garden" }]);
    expect(field).toHaveValue("");
    expect(screen.getByText("Added the category garden.")).toBeVisible();
  });

  it("that is taken is refused beside its field", async () => {
    recorded("post", "*/api/categories", taken);
    const { user } = openShop("/admin/categories");
    const field = await screen.findByLabelText("New category");
    await user.type(field, "garden{Enter}");
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription("There is a category named garden already.");
    expect(field).toHaveValue("garden");
  });
});

describe("a category", () => {
  it("is renamed in its place", async () => {
    recorded("get", "*/api/categories", named("kitchen"), named("cooking"));
    const sent = recorded("patch", "*/api/categories/:name", json({ name: "cooking" }));
    const { user } = openShop("/admin/categories");
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));
    const field = screen.getByRole("textbox", { name: "New name of kitchen" });
    expect(field).toHaveFocus();
    await user.clear(field);
    await user.type(field, "cooking{Enter}");
    expect(await main().findByRole("link", { name: "Cooking" })).toBeVisible();
    expect(sent).toMatchObject([{ path: "/api/categories/kitchen", body: { name: "cooking" } }]);
  });

  it("is closed again where its new name differs in the case only", async () => {
    recorded("get", "*/api/categories", named("kitchen"));
    const sent = recorded("patch", "*/api/categories/:name", json({ name: "kitchen" }));
    const { user } = openShop("/admin/categories");
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));
    const field = screen.getByRole("textbox", { name: "New name of kitchen" });
    await user.clear(field);
    await user.type(field, "Kitchen{Enter}");
    await waitFor(() => expect(field).not.toBeInTheDocument());
    expect(sent).toHaveLength(1);
  });

  it("keeps its name where the new one is taken, or is the old one", async () => {
    recorded("get", "*/api/categories", named("kitchen"));
    const sent = recorded("patch", "*/api/categories/:name", taken);
    const { user } = openShop("/admin/categories");
    await user.click(await screen.findByRole("button", { name: "Rename kitchen" }));
    await user.keyboard("{Enter}");
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Rename kitchen" }));
    const field = screen.getByRole("textbox", { name: "New name of kitchen" });
    await user.clear(field);
    await user.type(field, "garden{Enter}");
    await waitFor(() => expect(field).toBeInvalid());
    expect(field).toHaveAccessibleDescription("There is a category named garden already.");
    await user.click(screen.getByRole("button", { name: "Keep" }));
    expect(screen.queryByText("There is a category named garden already.")).toBeNull();
    expect(screen.getByRole("button", { name: "Rename kitchen" })).toHaveFocus();
  });

  it("that products have stays, and says why in its place", async () => {
    recorded("get", "*/api/categories", named("garden", "kitchen"));
    const sent = recorded("delete", "*/api/categories/:name", () =>
      problem(409, "category-in-use", "Products have the category kitchen."),
    );
    const { user } = openShop("/admin/categories");
    await user.click(await screen.findByRole("button", { name: "Delete kitchen" }));
    const item = main().getByRole("link", { name: "Kitchen" }).closest("li");
    expect(await within(item ?? document.body).findByRole("alert")).toHaveTextContent(
      "Products have the category kitchen.",
    );
    expect(sent).toMatchObject([{ path: "/api/categories/kitchen" }]);
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
  });

  it("that is deleted comes back by Undo, or says why it can't", async () => {
    recorded("get", "*/api/categories", named("kitchen"), named());
    recorded("delete", "*/api/categories/:name", nothing);
    const sent = recorded("post", "*/api/categories", () =>
      problem(503, "unavailable", "The products are away."),
    );
    const { user } = openShop("/admin/categories");
    await user.click(await screen.findByRole("button", { name: "Delete kitchen" }));
    expect(await screen.findByRole("heading", { name: "No categories yet" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(await screen.findByText("The products are away.")).toBeVisible();
    expect(sent.map((each) => each.body)).toEqual([{ name: "kitchen" }]);
  });
});
