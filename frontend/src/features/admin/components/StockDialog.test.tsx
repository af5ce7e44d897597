import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { json, problem, productPage, recordRequests } from "@/testing/server";

async function openDialog() {
  recordRequests("get", "*/api/admin/products", json(productPage([aProduct({ quantity: 3 })])));
  const { user } = openShop("/admin/products");
  await user.click(await screen.findByRole("button", { name: "Change stock of mug: 3" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Stock of mug" }));
  const field = dialog.getByLabelText("Change");
  const save = dialog.getByRole("button", { name: "Save changes" });
  return { user, dialog, field, save, result: dialog.getByRole("status") };
}

beforeEach(() => startSession(aToken({ role: "admin" })));

describe("stock dialog", () => {
  it("adds up steps and shows the result before saving", async () => {
    // Given
    const sent = recordRequests("patch", "*/api/products/:id", json(aProduct({ quantity: 13 })));

    // When
    const { user, dialog, field, save, result } = await openDialog();

    // Then
    expect(result).toHaveTextContent("3 → 3");
    expect(save).toBeDisabled();

    // When
    await user.click(dialog.getByRole("button", { name: "+10" }));
    await user.click(dialog.getByRole("button", { name: "+1" }));
    await user.click(dialog.getByRole("button", { name: "−1" }));

    // Then
    expect(field).toHaveValue("10");
    expect(result).toHaveTextContent("3 → 13");
    expect(sent).toEqual([]);

    // When
    await user.click(save);

    // Then
    expect(await screen.findByText("mug: 13 in stock.")).toBeVisible();
    expect(sent).toMatchObject([{ path: `/api/products/${MUG_ID}`, body: { quantity_delta: 10 } }]);
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}\.10$/);
  });

  it("refuses text and numbers below the stock", async () => {
    // Given
    const sent = recordRequests("patch", "*/api/products/:id", json(aProduct()));
    const { user, field, save } = await openDialog();

    // When
    await user.type(field, "a few");

    // Then
    expect(field).toHaveAccessibleDescription(/Enter a whole number such as 20 or -3\./);

    // When
    await user.clear(field);
    await user.type(field, "-4{Enter}");

    // Then
    expect(field).toHaveAccessibleDescription(/You can remove at most 3\./);
    expect(save).toBeDisabled();
    expect(sent).toEqual([]);
  });

  it("shows a refusal at the field and updates the stock if sales were faster", async () => {
    // Given
    const message = "There are 1; 2 can't be taken away.";
    recordRequests("patch", "*/api/products/:id", () =>
      problem(409, "insufficient-stock", message, [{ field: "quantity_delta", message }]),
    );
    recordRequests("get", "*/api/products/:id", json(aProduct({ quantity: 1 })));
    const { user, field, save, result } = await openDialog();

    // When
    await user.type(field, "-2");

    // Then
    expect(result).toHaveTextContent("3 → 1");

    // When
    await user.click(save);

    // Then
    await waitFor(() => expect(field).toHaveAccessibleDescription(new RegExp(message)));
    await waitFor(() => expect(result).toHaveTextContent("1 → 0"));

    // When
    await user.clear(field);
    await user.type(field, "-1");

    // Then
    expect(field).toBeValid();
    expect(save).toBeEnabled();
  });

  it("retries with the same key after a timeout", async () => {
    // Given
    const sent = recordRequests(
      "patch",
      "*/api/products/:id",
      () => problem(504, "gateway-timeout", "No answer in time."),
      json(aProduct({ quantity: 8 })),
    );
    const { user, dialog, field, save } = await openDialog();

    // When
    await user.type(field, "5{Enter}");

    // Then
    expect(await dialog.findByText("No answer in time.")).toBeVisible();

    // When
    await user.click(save);

    // Then
    expect(await screen.findByText("mug: 8 in stock.")).toBeVisible();
    const [first, second] = sent.map((request) => request.headers.get("Idempotency-Key"));
    expect(second).toBe(first);
  });
});
