import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import type { DeliveryMethodBody } from "@/api";
import { startSession } from "@/lib/session";
import { aToken } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, recordRequests } from "@/testing/server";

const LIST = "*/api/admin/delivery-methods";
const parcel: DeliveryMethodBody = {
  id: "parcel",
  name: "Parcel",
  countries: ["DE", "IE"],
  fees: [
    { from: 0, fee: 4.9 },
    { from: 50, fee: 2.9 },
  ],
  free_from: 100,
  days: 3,
};
const methods = (...list: DeliveryMethodBody[]) => json({ methods: list });

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("delivery methods", () => {
  it("are listed with their fees and countries", async () => {
    recordRequests("get", LIST, methods(parcel));
    openShop("/admin/delivery-methods");
    const card = (await screen.findByRole("heading", { name: "Parcel" })).closest("li");
    expect(card).toHaveTextContent("€4.90, €2.90 from €50.00, free from €100.00");
    expect(card).toHaveTextContent("Germany, Ireland");
    expect(card).toHaveTextContent("3 days");
  });

  it("say what customers do if there are none", async () => {
    recordRequests("get", LIST, methods());
    openShop("/admin/delivery-methods");
    expect(await screen.findByRole("heading", { name: "Nothing is delivered yet" })).toBeVisible();
  });

  it("can be retried if they do not load", async () => {
    recordRequests("get", LIST, () => problem(503, "unavailable", "No."), methods(parcel));
    const { user } = openShop("/admin/delivery-methods");
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("heading", { name: "Parcel" })).toBeVisible();
  });

  it("are added under a free id, and the list shows them", async () => {
    // Given
    recordRequests("get", LIST, methods(parcel), methods(parcel, { ...parcel, id: "parcel-2" }));
    const sent = recordRequests("put", `${LIST}/:id`, json(parcel));
    const { user } = openShop("/admin/delivery-methods");

    // When
    await user.click(await screen.findByRole("button", { name: "Add method" }));
    expect(await screen.findByLabelText("Name")).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Save method" }));

    // Then
    await waitFor(() =>
      expect(screen.getByLabelText("Name")).toHaveAccessibleDescription(/Enter a name./),
    );
    const countries = screen.getByLabelText("Add a country");
    expect(countries).toHaveAccessibleDescription("Add at least one country.");
    expect(sent).toEqual([]);

    // When
    await user.type(screen.getByLabelText("Name"), "Parcel");
    await within(countries).findByRole("option", { name: "Germany" });
    await user.selectOptions(countries, "Germany");
    await user.selectOptions(countries, "Ireland");
    await user.click(screen.getByRole("button", { name: "Remove Ireland" }));
    await user.type(screen.getByLabelText("Fee"), "4,90");
    await user.click(screen.getByRole("button", { name: "Add a fee" }));
    await user.type(screen.getByLabelText("From"), "50");
    await user.type(screen.getAllByLabelText("Fee")[1] as HTMLElement, "0");
    await user.type(screen.getByLabelText("Days"), "3");
    await user.click(screen.getByRole("button", { name: "Save method" }));

    // Then
    expect(await screen.findByText("Added Parcel.")).toBeVisible();
    expect(sent.map(({ path, body }) => [path, body])).toEqual([
      [
        "/api/admin/delivery-methods/parcel-2",
        {
          name: "Parcel",
          countries: ["DE"],
          fees: [
            { from: 0, fee: 4.9 },
            { from: 50, fee: 0 },
          ],
          free_from: null,
          days: 3,
        },
      ],
    ]);
    await waitFor(() => expect(screen.getByRole("button", { name: "Add method" })).toHaveFocus());
  });

  it("are changed, with fees in ascending order", async () => {
    // Given
    recordRequests("get", LIST, methods(parcel));
    const sent = recordRequests("put", `${LIST}/:id`, json(parcel));
    const { user } = openShop("/admin/delivery-methods?edit=parcel");
    const from = await screen.findByLabelText("From");
    expect(from).toHaveValue("50.00");
    expect(screen.getByLabelText("Free from (optional)")).toHaveValue("100.00");

    // When
    await user.clear(from);
    await user.type(from, "0");
    await user.click(screen.getByRole("button", { name: "Save method" }));

    // Then
    expect(
      await screen.findByText("Each fee must begin at a higher value than the one before."),
    ).toBeVisible();
    expect(sent).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Remove fee 2" }));
    await user.click(screen.getByRole("button", { name: "Save method" }));

    // Then
    expect(await screen.findByText("Changed Parcel.")).toBeVisible();
    expect(sent.map(({ path, body }) => [path, body])).toMatchObject([
      ["/api/admin/delivery-methods/parcel", { fees: [{ from: 0, fee: 4.9 }], free_from: 100 }],
    ]);
  });

  it("are deleted, and restored on request", async () => {
    // Given
    recordRequests("get", LIST, methods(parcel), methods(), methods(parcel));
    const deleted = recordRequests("delete", `${LIST}/:id`);
    const restored = recordRequests("put", `${LIST}/:id`, json(parcel));
    const { user } = openShop("/admin/delivery-methods");

    // When
    await user.click(await screen.findByRole("button", { name: "Delete Parcel" }));

    // Then
    await waitFor(() => expect(screen.queryByRole("heading", { name: "Parcel" })).toBeNull());
    expect(deleted.map(({ path }) => path)).toEqual(["/api/admin/delivery-methods/parcel"]);

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByRole("heading", { name: "Parcel" })).toBeVisible();
    const { id: _, ...values } = parcel;
    expect(restored.map(({ body }) => body)).toEqual([values]);
  });
});
