import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { startSession } from "@/lib/session";
import { aCategory, aProduct, aToken, MUG_ID } from "@/testing/data";
import { openShop, visit } from "@/testing/render";
import { gate, json, problem, productPage, recordRequests } from "@/testing/server";

const EDIT = `/admin/products?edit=${MUG_ID}`;
const tagged = (product: ReturnType<typeof aProduct>, etag: string) =>
  json(product, { headers: { ETag: etag } });

beforeEach(() => {
  startSession(aToken({ role: "admin" }));
  recordRequests("get", "*/api/admin/products", json(productPage([aProduct()])));
});

describe("new product", () => {
  it("shows field errors, focuses the first one and sends nothing if the values are invalid", async () => {
    // Given
    const sent = recordRequests("post", "*/api/products", tagged(aProduct(), '"1.1"'));
    const { user } = openShop("/admin/products?edit=new");

    // When
    await user.click(await screen.findByRole("button", { name: "Create product" }));

    // Then
    const name = screen.getByLabelText("Name");
    expect(name).toHaveAccessibleDescription("Enter a name.");
    expect(name).toHaveFocus();
    expect(screen.getByLabelText("Price")).toHaveAccessibleDescription(/Enter a price/);

    // When
    await user.clear(screen.getByLabelText("Initial stock"));
    await user.type(screen.getByLabelText("Initial stock"), "1.5{Enter}");

    // Then
    expect(screen.getByLabelText("Initial stock")).toHaveAccessibleDescription(
      /Enter a whole number/,
    );
    expect(sent).toEqual([]);
  });

  it("sends the product once and closes", async () => {
    // Given
    const sent = recordRequests(
      "post",
      "*/api/products",
      tagged(aProduct({ name: "jug" }), '"1.1"'),
    );
    recordRequests("get", "*/api/products/:id", tagged(aProduct({ name: "jug" }), '"1.1"'));
    const { user } = openShop("/admin/products");

    // When
    await user.click(await screen.findByRole("button", { name: "Add product" }));
    const drawer = within(await screen.findByRole("dialog", { name: "New product" }));
    await user.type(drawer.getByLabelText("Name"), " Jug ");
    await user.type(drawer.getByLabelText("Price"), "24,50");
    await user.clear(drawer.getByLabelText("Initial stock"));
    await user.type(drawer.getByLabelText("Initial stock"), "7");
    await user.click(await drawer.findByLabelText("Kitchen"));
    await user.dblClick(drawer.getByRole("button", { name: "Create product" }));

    // Then
    expect(await screen.findByText("Added jug.")).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual([
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
    expect(location.search).toBe("");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("shows the server's errors at their fields", async () => {
    // Given
    const errors = [
      { field: "product.name", message: "There is a product named mug already." },
      { field: "categories", message: "There is no category kitchen." },
    ];
    recordRequests("post", "*/api/products", () =>
      problem(409, "name-taken", errors[0]?.message ?? "", errors),
    );
    const { user } = openShop("/admin/products?edit=new");

    // When
    await user.type(await screen.findByLabelText("Name"), "mug");
    await user.type(screen.getByLabelText("Price"), "1");
    await user.click(screen.getByRole("button", { name: "Create product" }));

    // Then
    const name = screen.getByLabelText("Name");
    await waitFor(() => expect(name).toBeInvalid());
    expect(name).toHaveAccessibleDescription("There is a product named mug already.");
    expect(name).toHaveFocus();
    expect(screen.getByRole("dialog", { name: "New product" })).toBeVisible();
  });

  it("retries loading the categories", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/categories",
      () => problem(503, "unavailable", "Products are unavailable."),
      json({ categories: [aCategory("garden")] }),
    );
    const { user } = openShop("/admin/products?edit=new");
    const group = within(await screen.findByRole("group", { name: "Categories" }));

    // When
    await user.click(await group.findByRole("button", { name: "Try again" }));

    // Then
    expect(await group.findByLabelText("Garden")).toBeInTheDocument();
  });
});

describe("edit", () => {
  it("sends only the changed fields with the ETag of the loaded version", async () => {
    // Given
    recordRequests("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'));
    const sent = recordRequests(
      "patch",
      "*/api/products/:id",
      tagged(aProduct({ description: "Holds tea. And soup." }), '"2.1"'),
    );
    const { user } = openShop(EDIT);

    // When
    await user.type(await screen.findByLabelText("Description"), " And soup.");
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sent).toMatchObject([{ body: { description: "Holds tea. And soup." } }]);
    expect(sent[0]?.headers.get("If-Match")).toBe('"1.1"');
  });

  it("retries loading the product", async () => {
    // Given
    recordRequests(
      "get",
      "*/api/products/:id",
      () => problem(503, "unavailable", "Products are unavailable."),
      tagged(aProduct(), '"1.1"'),
    );
    const { user } = openShop(EDIT);
    const drawer = within(await screen.findByRole("dialog", { name: "Edit product" }));

    // When
    await user.click(await drawer.findByRole("button", { name: "Try again" }));

    // Then
    expect(await drawer.findByLabelText("Name")).toHaveValue("mug");
  });
});

describe("edit conflict", () => {
  const theirs = aProduct({ price: 20, description: "Holds coffee.", categories: ["garden"] });

  /** Change the price to 15 while someone else saves another version. */
  async function causeConflict() {
    recordRequests(
      "get",
      "*/api/products/:id",
      tagged(aProduct(), '"1.1"'),
      tagged(theirs, '"2.1"'),
    );
    const sent = recordRequests(
      "patch",
      "*/api/products/:id",
      () => problem(412, "stale", "Someone has changed the product meanwhile."),
      tagged(theirs, '"3.1"'),
    );
    const { user } = openShop(EDIT);
    const price = await screen.findByLabelText("Price");
    await user.clear(price);
    await user.type(price, "15");
    await user.click(screen.getByRole("button", { name: "Save changes" }));
    await screen.findByText("Someone else changed this product");
    return { user, sent };
  }
  const side = (field: string, name: RegExp) =>
    within(screen.getByRole("group", { name: field })).getByRole("radio", { name });

  it("shows both versions of each field and keeps the fields that only the other user changed", async () => {
    // When
    const { user, sent } = await causeConflict();

    // Then
    expect(screen.getAllByRole("group").map((group) => group.textContent)).toEqual([
      "DescriptionMineHolds tea.TheirsHolds coffee.",
      "PriceMine€15.00Theirs€20.00",
      "CategoriesMinekitchenTheirsgarden",
    ]);
    expect(side("Price", /Mine/)).toBeChecked();
    expect(side("Description", /Theirs/)).toBeChecked();
    expect(side("Categories", /Theirs/)).toBeChecked();

    // When
    await user.click(screen.getByRole("button", { name: "Continue with these values" }));

    // Then
    expect(await screen.findByLabelText("Price")).toHaveValue("15");
    expect(screen.getByLabelText("Description")).toHaveValue("Holds coffee.");
    expect(sent).toHaveLength(1);

    // When
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body).toEqual({ price: 15 });
    expect(sent[1]?.headers.get("If-Match")).toBe('"2.1"');
  });

  it("saves the chosen value of each field", async () => {
    // Given
    const { user, sent } = await causeConflict();

    // When
    await user.click(side("Price", /Theirs/));
    await user.click(side("Description", /Mine/));
    await user.click(screen.getByRole("button", { name: "Continue with these values" }));

    // Then
    expect(await screen.findByLabelText("Price")).toHaveValue("20.00");

    // When
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body).toEqual({ description: "Holds tea." });
  });

  it("takes the focus when it replaces the form", async () => {
    await causeConflict();
    const notice = screen.getByText("Someone else changed this product");
    expect(notice.closest("[tabindex]")).toHaveFocus();
  });
});

describe("unsaved changes", () => {
  beforeEach(() => {
    recordRequests("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'));
  });

  it("are kept until the user confirms to discard them", async () => {
    // Given
    const { user } = openShop(EDIT);
    await user.type(await screen.findByLabelText("Name"), " of clay");

    // When
    await user.keyboard("{Escape}");

    // Then
    const question = within(await screen.findByRole("dialog", { name: "Discard your changes?" }));

    // When
    await user.click(question.getByRole("button", { name: "Keep editing" }));

    // Then
    await waitFor(() =>
      expect(screen.queryByRole("dialog", { name: "Discard your changes?" })).toBeNull(),
    );
    expect(screen.getByLabelText("Name")).toHaveValue("mug of clay");
    expect(location.search).toBe(`?edit=${MUG_ID}`);

    // When
    await visit("/admin/orders");
    await user.click(await screen.findByRole("button", { name: "Discard changes" }));

    // Then
    await waitFor(() => expect(location.pathname).toBe("/admin/orders"));
  });

  it("make the browser ask before the page is closed", async () => {
    // Given
    const { user } = openShop(EDIT);
    const leave = () => dispatchEvent(new Event("beforeunload", { cancelable: true }));
    await screen.findByLabelText("Name");
    expect(leave()).toBe(true);

    // When
    await user.type(screen.getByLabelText("Name"), " of clay");

    // Then
    expect(leave()).toBe(false);
  });

  it("are not asked about if there are none", async () => {
    // Given
    const { user } = openShop(EDIT);
    await screen.findByLabelText("Name");

    // When
    await user.keyboard("{Escape}");

    // Then
    await waitFor(() => expect(location.search).toBe(""));
  });
});

describe("picture", () => {
  const png = (name = "mug.png", type = "image/png") => new File(["picture"], name, { type });
  const bitmapOf = (width: number, height: number) =>
    vi.stubGlobal("createImageBitmap", async () => ({ width, height }));

  async function openForm() {
    recordRequests("get", "*/api/products/:id", tagged(aProduct(), '"1.1"'));
    const { user } = openShop(EDIT);
    const drop = await screen.findByLabelText(/Drop a picture here/);
    return { user, drop };
  }

  beforeEach(() => {
    bitmapOf(400, 500);
    URL.createObjectURL = () => "blob:preview";
    URL.revokeObjectURL = () => undefined;
  });

  it("previews the file and uploads it on save", async () => {
    // Given
    const sent = recordRequests(
      "put",
      "*/api/products/:id/image",
      tagged(aProduct({ image_url: "/api/products/1/image" }), '"2.1"'),
    );
    const changed = recordRequests("patch", "*/api/products/:id", tagged(aProduct(), '"2.1"'));
    const { user, drop } = await openForm();

    // When
    await user.upload(drop, png());

    // Then
    expect(await screen.findByAltText("Preview of the chosen file")).toBeVisible();
    expect(sent).toEqual([]);

    // When
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual(["picture"]);
    expect(sent[0]?.headers.get("Content-Type")).toBe("image/png");
    expect(changed).toEqual([]);
  });

  it("removes the preview and accepts the same file again", async () => {
    // Given
    const sent = recordRequests("put", "*/api/products/:id/image", tagged(aProduct(), '"2.1"'));
    const { user, drop } = await openForm();

    // When
    await user.upload(drop, png());
    await user.click(await screen.findByRole("button", { name: "Remove picture" }));

    // Then
    expect(screen.queryByAltText("Preview of the chosen file")).toBeNull();
    expect(drop).toHaveFocus();
    expect(sent).toEqual([]);

    // When
    await user.upload(drop, png());

    // Then
    expect(await screen.findByAltText("Preview of the chosen file")).toBeVisible();
  });

  it("shows the upload's progress", async () => {
    // Given
    const arrived = gate();
    recordRequests("put", "*/api/products/:id/image", async () => {
      await arrived.opened;
      return tagged(aProduct(), '"2.1"')();
    });
    const { user, drop } = await openForm();

    // When
    await user.upload(drop, png());
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    expect(await screen.findByRole("progressbar", { name: "Uploading picture" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Saving…" })).toBeDisabled();

    // When
    arrived.open();

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
  });

  it("refuses unsupported and unreadable files", async () => {
    // Given
    const { drop } = await openForm();
    const user = userEvent.setup({ applyAccept: false });

    // When
    await user.upload(drop, png("mug.gif", "image/gif"));

    // Then
    expect(await screen.findByText("Choose a PNG, JPEG or WebP picture.")).toBeVisible();
    expect(drop).toHaveAccessibleDescription("Choose a PNG, JPEG or WebP picture.");

    // When
    vi.stubGlobal("createImageBitmap", async () => {
      throw new Error("no picture");
    });
    await user.upload(drop, png());

    // Then
    expect(
      await screen.findByText("We can't read this file. Choose another picture."),
    ).toBeVisible();
    expect(screen.queryByAltText("Preview of the chosen file")).toBeNull();
  });

  it("is prepared before the product is saved", async () => {
    // Given
    const preparing = gate();
    vi.stubGlobal("createImageBitmap", async () => {
      await preparing.opened;
      return { width: 400, height: 500 };
    });
    const changed = recordRequests("patch", "*/api/products/:id", tagged(aProduct(), '"2.1"'));
    const sent = recordRequests("put", "*/api/products/:id/image", json(aProduct()));
    const { user, drop } = await openForm();
    await user.upload(drop, png());

    // When
    await user.clear(screen.getByLabelText("Price"));
    await user.type(screen.getByLabelText("Price"), "15{Enter}");

    // Then
    expect(await screen.findByRole("button", { name: "Preparing the picture…" })).toBeDisabled();
    expect(changed).toEqual([]);

    // When
    preparing.open();

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(changed.map((request) => request.body)).toEqual([{ price: 15 }]);
    expect(sent.map((request) => request.body)).toEqual(["picture"]);
  });

  it("is the last one that was chosen, although an earlier one takes longer to prepare", async () => {
    // Given
    const [first, second] = [gate(), gate()];
    const gates = [first, second];
    vi.stubGlobal("createImageBitmap", async () => {
      await gates.shift()?.opened;
      return { width: 400, height: 500 };
    });
    const sent = recordRequests("put", "*/api/products/:id/image", json(aProduct()));
    const { user, drop } = await openForm();
    await user.upload(drop, new File(["first"], "first.png", { type: "image/png" }));
    await user.upload(drop, new File(["second"], "second.png", { type: "image/png" }));

    // When
    second.open();
    await screen.findByAltText("Preview of the chosen file");
    first.open();
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sent.map((request) => request.body)).toEqual(["second"]);
  });

  it("scales large pictures down and refuses them if they are still too large", async () => {
    // Given
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

    // When
    await user.upload(drop, png());

    // Then
    expect(
      await screen.findByText("This picture is too large. Choose a smaller one."),
    ).toBeVisible();

    // When
    toBlob.mockImplementation((done) => done(new Blob(["small"], { type: "image/webp" })));
    const sent = recordRequests("put", "*/api/products/:id/image", tagged(aProduct(), '"2.1"'));
    await user.upload(drop, png());

    // Then
    await screen.findByAltText("Preview of the chosen file");
    expect(screen.queryByText("This picture is too large. Choose a smaller one.")).toBeNull();

    // When
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    expect(await screen.findByText("Saved mug.")).toBeVisible();
    expect(sizes).toEqual([[1600, 2000]]);
    expect(sent.map((request) => [request.body, request.headers.get("Content-Type")])).toEqual([
      ["small", "image/webp"],
    ]);
  });

  it("retries the upload without creating the product twice", async () => {
    // Given
    const bare = aProduct({ description: "", categories: [] });
    const creations = recordRequests("post", "*/api/products", tagged(bare, '"1.1"'));
    recordRequests("get", "*/api/products/:id", tagged(bare, '"1.1"'));
    const sent = recordRequests(
      "put",
      "*/api/products/:id/image",
      () => problem(503, "unavailable", "Products are unavailable."),
      tagged(aProduct(), '"2.1"'),
    );
    const { user } = openShop("/admin/products?edit=new");

    // When
    await user.upload(await screen.findByLabelText(/Drop a picture here/), png());
    await screen.findByAltText("Preview of the chosen file");
    await user.type(screen.getByLabelText("Name"), "mug");
    await user.type(screen.getByLabelText("Price"), "14.5");
    await user.click(screen.getByRole("button", { name: "Create product" }));

    // Then
    expect(await screen.findByText("Products are unavailable.")).toBeVisible();

    // When
    await user.click(screen.getByRole("button", { name: "Save changes" }));

    // Then
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(creations).toHaveLength(1);
  });
});
