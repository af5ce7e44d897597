import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recorded } from "@/testing/server";

async function openDialog() {
  recorded("get", "*/api/admin/products", json(productPage([aProduct({ quantity: 3 })])));
  const { user } = openShop("/admin/products");
  await user.click(await screen.findByRole("button", { name: "Stock of mug: 3. Change it" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Stock of mug" }));
  const field = dialog.getByLabelText("Change");
  const save = dialog.getByRole("button", { name: "Save" });
  return { user, dialog, field, save, result: dialog.getByRole("status") };
}

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("a change of the stock", () => {
  it("adds up by its buttons, and shows what it comes to before it is saved", async () => {
    const sent = recorded("patch", "*/api/products/:id", json(aProduct({ quantity: 13 })));
    const { user, dialog, field, save, result } = await openDialog();
    expect(result).toHaveTextContent("3 → 3");
    expect(save).toBeDisabled();
    await user.click(dialog.getByRole("button", { name: "+10" }));
    await user.click(dialog.getByRole("button", { name: "+1" }));
    await user.click(dialog.getByRole("button", { name: "−1" }));
    expect(field).toHaveValue("10");
    expect(result).toHaveTextContent("3 → 13");
    expect(sent).toEqual([]);
    await user.click(save);
    expect(await screen.findByText("mug: 13 in stock.")).toBeVisible();
    expect(sent).toMatchObject([{ path: `/api/products/${MUG_ID}`, body: { quantity_delta: 10 } }]);
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}\.10$/);
  });

  it("that is no number, or takes more than there is, is not sent", async () => {
    const sent = recorded("patch", "*/api/products/:id", json(aProduct()));
    const { user, field, save } = await openDialog();
    await user.type(field, "a few");
    expect(field).toHaveAccessibleDescription(/Write a whole number such as 20 or -3\./);
    await user.clear(field);
    await user.type(field, "-4{Enter}");
    expect(field).toHaveAccessibleDescription(/There are not that many\./);
    expect(save).toBeDisabled();
    expect(sent).toEqual([]);
  });

  it("that sales have overtaken is refused beside the field, and starts from what there is", async () => {
    const message = "There are 1; 2 can't be taken away.";
    recorded("patch", "*/api/products/:id", () =>
      problem(409, "insufficient-stock", message, [{ field: "quantity_delta", message }]),
    );
    recorded("get", "*/api/products/:id", json(aProduct({ quantity: 1 })));
    const { user, field, save, result } = await openDialog();
    await user.type(field, "-2");
    expect(result).toHaveTextContent("3 → 1");
    await user.click(save);
    await waitFor(() => expect(field).toHaveAccessibleDescription(new RegExp(message)));
    await waitFor(() => expect(result).toHaveTextContent("1 → 0"));
    await user.clear(field);
    await user.type(field, "-1");
    expect(field).toBeValid();
    expect(save).toBeEnabled();
  });

  it("is tried again after a time-out under the same key", async () => {
    const sent = recorded(
      "patch",
      "*/api/products/:id",
      () => problem(504, "gateway-timeout", "No answer in time."),
      json(aProduct({ quantity: 8 })),
    );
    const { user, dialog, field, save } = await openDialog();
    await user.type(field, "5{Enter}");
    expect(await dialog.findByText("No answer in time.")).toBeVisible();
    await user.click(save);
    expect(await screen.findByText("mug: 8 in stock.")).toBeVisible();
    const [first, second] = sent.map((each) => each.headers.get("Idempotency-Key"));
    expect(second).toBe(first);
  });
});
