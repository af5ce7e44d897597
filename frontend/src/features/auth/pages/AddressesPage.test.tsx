import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import type { AddressBody } from "@/api";
import { startSession } from "@/lib/session";
import { anAddress, anAddressField, aToken, GERMAN_FIELDS } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, PROFILE, problem, recordRequests } from "@/testing/server";

const PATH = "*/api/me/addresses";
const addresses = (...list: AddressBody[]) => json({ addresses: list });

const NAME = anAddressField("name", "Full name");
const COMPANY = anAddressField("company", "Company", { required: false });
const LINES = anAddressField("lines", "Street address");
const CITY = anAddressField("city", "City");
const PHONE = anAddressField("phone", "Phone", { required: false });
const EIRCODE = anAddressField("postcode", "Eircode", { required: false, example: "A65 F4E2" });
const IRISH = [NAME, COMPANY, LINES, CITY, EIRCODE, PHONE];
const CALIFORNIA = { value: "CA", label: "California" };
const STATE = anAddressField("region", "State", { choices: [CALIFORNIA] });
const AMERICAN = [NAME, COMPANY, LINES, CITY, STATE, anAddressField("postcode", "ZIP code"), PHONE];

beforeEach(() => {
  startSession(aToken());
  recordRequests("get", "*/api/me", json({ ...PROFILE, name: "Ada" }));
  recordRequests("get", "*/api/address-forms", json({ countries: ["US", "IE", "DE"] }));
  recordRequests("get", "*/api/address-forms/IE", json({ fields: IRISH }));
  recordRequests("get", "*/api/address-forms/US", json({ fields: AMERICAN }));
  recordRequests("get", "*/api/address-forms/DE", json({ fields: GERMAN_FIELDS }));
});

/** Return the labels of the form's fields in their order. */
function labels(): (string | null)[] {
  return [...document.querySelectorAll("form label")].map((label) => label.textContent);
}

describe("a new address", () => {
  it("has the fields of its country in their order, which browsers can fill in", async () => {
    // Given
    recordRequests("get", PATH, addresses());
    const { user } = openShop("/account/addresses");

    // When
    expect(await screen.findByText("No addresses yet")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Add address" }));

    // Then
    const country = await screen.findByLabelText("Country or region");
    expect(country).toHaveValue("IE");
    expect(country).toHaveFocus();
    expect(await screen.findByLabelText("Full name")).toHaveValue("Ada");
    await within(country).findByRole("option", { name: "United States" });
    const options = within(country).getAllByRole("option");
    expect(options.map(({ textContent }) => textContent)).toEqual([
      "Germany",
      "Ireland",
      "United States",
    ]);
    expect(labels()).toEqual([
      "Country or region",
      "Full name",
      "Company (optional)",
      "Street address",
      "City",
      "Eircode (optional)",
      "Phone (optional)",
    ]);
    expect(screen.getByLabelText("Eircode (optional)")).toHaveAccessibleDescription(
      "For example A65 F4E2",
    );

    // When
    await user.selectOptions(country, "United States");

    // Then
    await screen.findByLabelText("ZIP code");
    expect(labels().slice(3)).toEqual([
      "Street address",
      "City",
      "State",
      "ZIP code",
      "Phone (optional)",
    ]);
    const completion = (label: string) => screen.getByLabelText(label).getAttribute("autocomplete");
    expect(country).toHaveAttribute("autocomplete", "country");
    expect(completion("Full name")).toBe("name");
    expect(completion("Company (optional)")).toBe("organization");
    expect(completion("Street address")).toBe("street-address");
    expect(completion("City")).toBe("address-level2");
    expect(completion("State")).toBe("address-level1");
    expect(completion("ZIP code")).toBe("postal-code");
    expect(completion("Phone (optional)")).toBe("tel");
  });

  it("is sent without what its country does not have, and appears in the list", async () => {
    // Given
    const stored = anAddress({ name: "Ada", lines: ["1 Main Street", "Floor 2"], country: "IE" });
    recordRequests("get", PATH, addresses(), addresses(stored));
    const sent = recordRequests("post", PATH, json(stored, { status: 201 }));
    const { user } = openShop("/account/addresses?edit=new");

    // When
    await screen.findByRole("option", { name: "United States" });
    await user.selectOptions(screen.getByLabelText("Country or region"), "United States");
    await user.selectOptions(await screen.findByLabelText("State"), "California");
    await user.selectOptions(screen.getByLabelText("Country or region"), "Ireland");
    await waitFor(() => expect(screen.queryByLabelText("State")).toBeNull());
    await user.type(
      screen.getByLabelText("Street address"),
      " 1 Main Street {Enter}{Enter}Floor 2",
    );
    await user.type(screen.getByLabelText("City"), "Dublin");
    await user.click(screen.getByRole("button", { name: "Save address" }));

    // Then
    expect(await screen.findByText("Address added.")).toBeVisible();
    expect(await screen.findByRole("heading", { name: "Ada" })).toBeVisible();
    expect(sent.map(({ body }) => body)).toEqual([
      {
        country: "IE",
        name: "Ada",
        company: "",
        lines: ["1 Main Street", "Floor 2"],
        postcode: "",
        city: "Dublin",
        region: "",
        phone: "",
      },
    ]);
    expect(location.search).toBe("");
  });

  it("is not sent if something is missing", async () => {
    // Given
    recordRequests("get", PATH, addresses());
    const sent = recordRequests("post", PATH);
    const { user } = openShop("/account/addresses?edit=new");

    // When
    await user.type(
      await screen.findByLabelText("Street address"),
      "1{Enter}2{Enter}3{Enter}4{Enter}5",
    );
    await user.click(screen.getByRole("button", { name: "Save address" }));

    // Then
    expect(await screen.findByText("City is required.")).toBeVisible();
    expect(screen.getByLabelText("Street address")).toHaveAccessibleDescription(
      "Use at most 4 lines of 100 characters.",
    );
    expect(screen.getByLabelText("Street address")).toHaveFocus();
    expect(screen.getByLabelText("Eircode (optional)")).toBeValid();
    expect(sent).toEqual([]);
  });

  it("shows what the server refuses at the fields", async () => {
    // Given
    recordRequests("get", PATH, addresses());
    recordRequests("post", PATH, () =>
      problem(422, "validation", "The address is not valid in its country.", [
        { field: "lines.0", message: "Must not contain control characters." },
        { field: "postcode", message: "This value does not exist in this country." },
      ]),
    );
    const { user } = openShop("/account/addresses?edit=new");

    // When
    await user.type(await screen.findByLabelText("Street address"), "1 Main Street");
    await user.type(screen.getByLabelText("City"), "Dublin");
    await user.type(screen.getByLabelText("Eircode (optional)"), "1");
    await user.click(screen.getByRole("button", { name: "Save address" }));

    // Then
    const lines = screen.getByLabelText("Street address");
    await waitFor(() => expect(lines).toBeInvalid());
    expect(lines).toHaveAccessibleDescription("Must not contain control characters.");
    expect(lines).toHaveFocus();
    expect(screen.getByLabelText("Eircode (optional)")).toHaveAccessibleDescription(
      "For example A65 F4E2 This value does not exist in this country.",
    );
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows a refusal that concerns no field", async () => {
    recordRequests("get", PATH, addresses());
    recordRequests("post", PATH, () =>
      problem(409, "too-many-addresses", "You can store 20 addresses. Delete one first."),
    );
    const { user } = openShop("/account/addresses?edit=new");
    await user.type(await screen.findByLabelText("Street address"), "1 Main Street");
    await user.type(screen.getByLabelText("City"), "Dublin");
    await user.click(screen.getByRole("button", { name: "Save address" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Delete one first.");
  });

  it("is not lost without a question", async () => {
    // Given
    recordRequests("get", PATH, addresses());
    const { user } = openShop("/account/addresses?edit=new");
    await user.type(await screen.findByLabelText("City"), "Dublin");

    // When
    await user.click(screen.getByRole("button", { name: "Cancel" }));

    // Then
    expect(await screen.findByRole("dialog", { name: "Discard your changes?" })).toBeVisible();
    expect(location.search).toBe("?edit=new");
  });
});

describe("an address", () => {
  const home = anAddress();
  const work = anAddress({ id: "9".repeat(24), lines: ["Alexanderplatz 1"], default: false });

  it("is changed, and its button has the focus again", async () => {
    // Given
    recordRequests("get", PATH, addresses(home, work));
    const sent = recordRequests("patch", `${PATH}/:id`, json(work));
    const { user } = openShop("/account/addresses");

    // When
    await user.click(await screen.findByRole("button", { name: "Edit Alexanderplatz 1" }));
    const city = await screen.findByLabelText("City");
    expect(city).toHaveValue("Berlin");
    await user.clear(city);
    await user.type(city, "Potsdam{Enter}");

    // Then
    expect(await screen.findByText("Address changed.")).toBeVisible();
    expect(await screen.findByRole("button", { name: "Edit Alexanderplatz 1" })).toHaveFocus();
    expect(sent).toMatchObject([
      {
        path: `/api/me/addresses/${work.id}`,
        body: { city: "Potsdam", lines: ["Alexanderplatz 1"] },
      },
    ]);
  });

  it("becomes the default", async () => {
    // Given
    recordRequests(
      "get",
      PATH,
      addresses(home, work),
      addresses({ ...home, default: false }, { ...work, default: true }),
    );
    const sent = recordRequests("patch", `${PATH}/:id`, json(work));
    const { user } = openShop("/account/addresses");

    // When
    await user.click(await screen.findByRole("button", { name: "Make default: Alexanderplatz 1" }));

    // Then
    expect(
      await screen.findByRole("button", { name: "Make default: Unter den Linden 1" }),
    ).toBeVisible();
    expect(sent).toMatchObject([{ path: `/api/me/addresses/${work.id}`, body: { default: true } }]);
  });

  it("is deleted, and comes back with Undo", async () => {
    // Given
    recordRequests("get", PATH, addresses(home, work), addresses(work), addresses(work, home));
    const deleted = recordRequests("delete", `${PATH}/:id`);
    const added = recordRequests("post", PATH, json(home, { status: 201 }));
    const { user } = openShop("/account/addresses");

    // When
    await user.click(await screen.findByRole("button", { name: "Delete Unter den Linden 1" }));

    // Then
    expect(await screen.findByText("Address deleted.")).toBeVisible();
    await waitFor(() =>
      expect(screen.queryByRole("button", { name: "Delete Unter den Linden 1" })).toBeNull(),
    );
    expect(screen.getByRole("button", { name: "Edit Alexanderplatz 1" })).toHaveFocus();
    expect(deleted.map(({ path }) => path)).toEqual([`/api/me/addresses/${home.id}`]);
    expect(added).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Undo" }));

    // Then
    expect(await screen.findByRole("button", { name: "Delete Unter den Linden 1" })).toBeVisible();
    const { id, ...values } = home;
    expect(id).toBe("8".repeat(24));
    expect(added.map(({ body }) => body)).toEqual([values]);
  });

  it("stays if it could not be deleted", async () => {
    recordRequests("get", PATH, addresses(home));
    recordRequests("delete", `${PATH}/:id`, () => problem(503, "unavailable", "Try later."));
    const { user } = openShop("/account/addresses");
    await user.click(await screen.findByRole("button", { name: "Delete Unter den Linden 1" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Try later.");
    expect(screen.getByRole("button", { name: "Delete Unter den Linden 1" })).toBeEnabled();
  });
});
