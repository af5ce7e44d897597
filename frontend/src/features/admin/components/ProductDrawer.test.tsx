import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aProduct, aToken, MUG_ID } from "@/testing/data";
import { openShop } from "@/testing/render";
import { gate, json, problem, productPage, recorded } from "@/testing/server";

const EDIT = `/admin/products?edit=${MUG_ID}`;
const tagged = (product: ReturnType<typeof aProduct>, etag: string) =>
  json(product, { headers: { ETag: etag } });

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  recorded("get", "*/api/admin/products", json(productPage([aProduct()])));
});

describe("a new product", () => {
  it("is not sent while something is wrong, which is said beside the field that gets the focus", async () => {
    const sent = recorded("post", "*/api/products", tagged(aProduct(), '"1.1"'));
    const { user } = openShop("/admin/products?edit=new");
    await user.click(await screen.findByRole("button", { name: "Save" }));
    const name = screen.getByLabelText("Name");
    expect(name).toHaveAccessibleDescription("A product needs a name.");
    expect(name).toHaveFocus();
    expect(screen.getByLabelText("Price")).toHaveAccessibleDescription(/Write a price/);
    await user.clear(screen.getByLabelText("In stock"));
    await user.type(screen.getByLabelText("In stock"), "1.5{Enter}");
    expect(screen.getByLabelText("In stock")).toHaveAccessibleDescription(/Write a whole number/);
    expect(sent).toEqual([]);
  });

  it("is sent with what was written, and the drawer closes", async () => {
    const sent = recorded("post", "*/api/products", tagged(aProduct({ name: "jug" }), '"1.1"'));
    recorded("get", "*/api/products/:id", tagged(aProduct({ name: "jug" }), '"1.1"'));
    const { user, router } = openShop("/admin/products");
    await user.click(await screen.findByRole("button", { name: "New product" }));
    const drawer = within(await screen.findByRole("dialog", { name: "New product" }));
    await user.type(drawer.getByLabelText("Name"), " Jug ");
    await user.type(drawer.getByLabelText("Price"), "24,50");
    await user.clear(drawer.getByLabelText("In stock"));
    await user.type(drawer.getByLabelText("In stock"), "7");
    await user.click(await drawer.findByLabelText("Kitchen"));
    await user.dblClick(drawer.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Added jug.")).toBeVisible();
    expect(sent.map((each) => each.body)).toEqual([
      {
        product: {
          name: "Jug",
          description: "",
          price: 24.5,
          quantity: 7,
          categories: ["kitchen"],
        },
      },
    ]);
    expect(router.state.location.search).toBe("");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("shows the server's refusal beside the field that it names", async () => {
    const errors = [
      { field: "product.name", message: "There is a product named mug already." },
      { field: "categories", message: "There is no category kitchen." },
    ];
    recorded("post", "*/api/products", () =>
      problem(409, "name-taken", errors[0]?.message ?? "", errors),
    );
    const { user } = openShop("/admin/products?edit=new");
    await user.type(await screen.findByLabelText("Name"), "mug");
    await user.type(screen.getByLabelText("Price"), "1");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const name = screen.getByLabelText("Name");
    await waitFor(() => expect(name).toBeInvalid());
    expect(name).toHaveAccessibleDescription("There is a product named mug already.");
    expect(name).toHaveFocus();
    expect(screen.getByRole("dialog", { name: "New product" })).toBeVisible();
  });

  it("offers to read the categories again where they could not be read", async () => {
    recorded(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "The products are away."),
      json({ categories: [{ name: "garden" }] }),
    );
    const { user } = openShop("/admin/products?edit=new");
    const group = within(await screen.findByRole("group", { name: "Categories" }));
    await user.click(await group.findByRole("button", { name: "Try again" }));
    expect(await group.findByLabelText("Garden")).toBeInTheDocument();
  });
});

describe("an edit", () => {
  it("sends what was changed and nothing else, for the version that was seen", async () => {
    recorded("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'));
    const sent = recorded(
      "patch",
      "*/api/products/:id",
      tagged(aProduct({ description: "Holds tea. And soup." }), '"2.1"'),
    );
    const { user } = openShop(EDIT);
    await user.type(await screen.findByLabelText("Description"), " And soup.");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sent).toMatchObject([{ body: { description: "Holds tea. And soup." } }]);
    expect(sent[0]?.headers.get("If-Match")).toBe('"1.1"');
  });

  it("of a product that can't be read offers to try again in the drawer", async () => {
    recorded(
      "get",
      "*/api/products/:id",
      () => problem(503, "unavailable", "The products are away."),
      tagged(aProduct(), '"1.1"'),
    );
    const { user } = openShop(EDIT);
    const drawer = within(await screen.findByRole("dialog", { name: "Edit product" }));
    await user.click(await drawer.findByRole("button", { name: "Try again" }));
    expect(await drawer.findByLabelText("Name")).toHaveValue("mug");
  });
});

describe("an edit that someone overtook", () => {
  const theirs = aProduct({ price: 20, description: "Holds coffee.", categories: ["garden"] });

  /** Changes the price to 15 while someone else saves theirs. */
  async function collide() {
    recorded("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'), tagged(theirs, '"2.1"'));
    const sent = recorded(
      "patch",
      "*/api/products/:id",
      () => problem(412, "stale", "Someone has changed the product meanwhile."),
      tagged(theirs, '"3.1"'),
    );
    const { user } = openShop(EDIT);
    const price = await screen.findByLabelText("Price");
    await user.clear(price);
    await user.type(price, "15");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText("Someone changed this product meanwhile");
    return { user, sent };
  }
  const side = (field: string, name: RegExp) =>
    within(screen.getByRole("group", { name: field })).getByRole("radio", { name });

  it("shows mine beside theirs, field by field, and takes what was not touched from them", async () => {
    const { user, sent } = await collide();
    expect(screen.getAllByRole("group").map((group) => group.textContent)).toEqual([
      "DescriptionMineHolds tea.TheirsHolds coffee.",
      "PriceMine€15.00Theirs€20.00",
      "CategoriesMinekitchenTheirsgarden",
    ]);
    expect(side("Price", /Mine/)).toBeChecked();
    expect(side("Description", /Theirs/)).toBeChecked();
    expect(side("Categories", /Theirs/)).toBeChecked();
    await user.click(screen.getByRole("button", { name: "Go on with these" }));
    expect(await screen.findByLabelText("Price")).toHaveValue("15");
    expect(screen.getByLabelText("Description")).toHaveValue("Holds coffee.");
    expect(sent).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body).toEqual({ price: 15 });
    expect(sent[1]?.headers.get("If-Match")).toBe('"2.1"');
  });

  it("saves mine over theirs where that is chosen, and theirs over mine", async () => {
    const { user, sent } = await collide();
    await user.click(side("Price", /Theirs/));
    await user.click(side("Description", /Mine/));
    await user.click(screen.getByRole("button", { name: "Go on with these" }));
    expect(await screen.findByLabelText("Price")).toHaveValue("20.00");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body).toEqual({ description: "Holds tea." });
  });

  it("takes the focus, as the button that had it is gone", async () => {
    await collide();
    const notice = screen.getByText("Someone changed this product meanwhile");
    expect(notice.closest("[tabindex]")).toHaveFocus();
  });
});

describe("a picture", () => {
  const png = (name = "mug.png", type = "image/png") => new File(["picture"], name, { type });
  const bitmapOf = (width: number, height: number) =>
    vi.stubGlobal("createImageBitmap", async () => ({ width, height }));

  async function openForm() {
    recorded("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'));
    const { user } = openShop(EDIT);
    const drop = await screen.findByLabelText(/Drop a picture here/);
    return { user, drop };
  }

  beforeEach(() => {
    bitmapOf(400, 500);
    URL.createObjectURL = () => "blob:preview";
    URL.revokeObjectURL = () => undefined;
  });

  it("is shown before it is sent, and sent as it is with its type", async () => {
    const sent = recorded(
      "put",
      "*/api/products/:id/image",
      tagged(aProduct({ image_url: "/api/products/1/image" }), '"2.1"'),
    );
    const changed = recorded("patch", "*/api/products/:id", tagged(aProduct(), '"2.1"'));
    const { user, drop } = await openForm();
    await user.upload(drop, png());
    expect(await screen.findByAltText("Preview of the chosen file")).toBeVisible();
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sent.map((each) => each.body)).toEqual(["picture"]);
    expect(sent[0]?.headers.get("Content-Type")).toBe("image/png");
    expect(changed).toEqual([]);
  });

  it("is taken away again before it is sent, and the same file can be chosen once more", async () => {
    const sent = recorded("put", "*/api/products/:id/image", tagged(aProduct(), '"2.1"'));
    const { user, drop } = await openForm();
    await user.upload(drop, png());
    await user.click(await screen.findByRole("button", { name: "Take it away again" }));
    expect(screen.queryByAltText("Preview of the chosen file")).toBeNull();
    expect(drop).toHaveFocus();
    expect(sent).toEqual([]);
    await user.upload(drop, png());
    expect(await screen.findByAltText("Preview of the chosen file")).toBeVisible();
  });

  it("is seen to be on its way", async () => {
    const arrived = gate();
    recorded("put", "*/api/products/:id/image", async () => {
      await arrived.opened;
      return tagged(aProduct(), '"2.1"')();
    });
    const { user, drop } = await openForm();
    await user.upload(drop, png());
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByRole("progressbar", { name: "Sending the picture" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Saving…" })).toBeDisabled();
    arrived.open();
    expect(await screen.findByText("Saved mug.")).toBeVisible();
  });

  it("of another type, or that can't be read, is refused beside the place to drop it", async () => {
    const { drop } = await openForm();
    const user = userEvent.setup({ applyAccept: false });
    await user.upload(drop, png("mug.gif", "image/gif"));
    expect(await screen.findByText("Choose a PNG, JPEG or WebP picture.")).toBeVisible();
    expect(drop).toHaveAccessibleDescription("Choose a PNG, JPEG or WebP picture.");
    vi.stubGlobal("createImageBitmap", async () => {
      throw new Error("no picture");
    });
    await user.upload(drop, png());
    expect(await screen.findByText("This file can't be read as a picture.")).toBeVisible();
    expect(screen.queryByAltText("Preview of the chosen file")).toBeNull();
  });

  it("that is large is made smaller, and refused where it still is too large", async () => {
    bitmapOf(4000, 5000);
    const drawn = vi.fn();
    const sizes: number[][] = [];
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
      drawImage: drawn,
    } as unknown as RenderingContext & null);
    const toBlob = vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation(function (
      this: HTMLCanvasElement,
      done,
    ) {
      sizes.push([this.width, this.height]);
      done(new Blob([new Uint8Array(3 * 1024 * 1024)], { type: "image/webp" }));
    });
    const { user, drop } = await openForm();
    await user.upload(drop, png());
    expect(await screen.findByText("This picture is too large.")).toBeVisible();
    toBlob.mockImplementation((done) => done(new Blob(["small"], { type: "image/webp" })));
    const sent = recorded("put", "*/api/products/:id/image", tagged(aProduct(), '"2.1"'));
    await user.upload(drop, png());
    await screen.findByAltText("Preview of the chosen file");
    expect(screen.queryByText("This picture is too large.")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sizes).toEqual([[1600, 2000]]);
    expect(sent.map((each) => [each.body, each.headers.get("Content-Type")])).toEqual([
      ["small", "image/webp"],
    ]);
  });

  it("that fails after the product was made is tried again on it", async () => {
    const bare = aProduct({ description: "", categories: [] });
    const made = recorded("post", "*/api/products", tagged(bare, '"1.1"'));
    recorded("get", "*/api/products/:id", tagged(bare, '"1.1"'));
    const sent = recorded(
      "put",
      "*/api/products/:id/image",
      () => problem(503, "unavailable", "The products are away."),
      tagged(aProduct(), '"2.1"'),
    );
    const { user } = openShop("/admin/products?edit=new");
    await user.upload(await screen.findByLabelText(/Drop a picture here/), png());
    await screen.findByAltText("Preview of the chosen file");
    await user.type(screen.getByLabelText("Name"), "mug");
    await user.type(screen.getByLabelText("Price"), "14.5");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("The products are away.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(made).toHaveLength(1);
  });
});
