interface Product {
  id: string;
  image_url: string | null;
}

interface NewProduct {
  name: string;
  description: string;
  price: number;
  quantity: number;
  categories: string[];
}

const CONFLICT = 409;
const MAX_ATTEMPTS = 6;
const WAIT_MILLISECONDS = 1_500;

/** An admin's client of the shop's API. */
export class Shop {
  readonly #base: string;
  readonly #token: string;

  private constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  static async signIn(base: string, email: string, password: string): Promise<Shop> {
    const response = await fetch(new URL("/api/login", base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error(`Could not sign in as ${email}: ${await response.text()}`);
    return new Shop(base, (await response.json()).access_token);
  }

  async addCategory(name: string): Promise<void> {
    await this.#send("POST", "/api/categories", JSON.stringify({ name }), "application/json");
  }

  /** Add a product; return null if its name is taken. */
  async addProduct(product: NewProduct): Promise<Product | null> {
    const body = JSON.stringify({ product });
    const response = await this.#send("POST", "/api/products", body, "application/json");
    return response.status === CONFLICT ? null : response.json();
  }

  async find(name: string): Promise<Product | null> {
    const response = await fetch(
      new URL(`/api/products?name=${encodeURIComponent(name)}`, this.#base),
    );
    if (!response.ok) return null;
    return (await response.json()).products[0] ?? null;
  }

  async putPicture(id: string, picture: Buffer<ArrayBuffer>): Promise<void> {
    await this.#send("PUT", `/api/products/${id}/image`, picture, "image/webp");
  }

  /** Send a request. Temporary failures, such as a restarting service, are retried. */
  async #send(method: string, path: string, body: BodyInit, type: string): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(new URL(path, this.#base), {
        method,
        body,
        headers: { "Content-Type": type, Authorization: `Bearer ${this.#token}` },
      }).catch(() => null);
      if (response?.ok || response?.status === CONFLICT) return response;
      const isTemporary = !response || response.status >= 500 || response.status === 429;
      if (!isTemporary || attempt === MAX_ATTEMPTS)
        throw new Error(`${method} ${path}: ${await response?.text()}`);
      await new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS));
    }
  }
}
