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

const TAKEN = 409;
const TRIES = 6;
const WAIT_MILLISECONDS = 1_500;

/** A shop as its administrator reaches it. */
export class Shop {
  readonly #base: string;
  readonly #token: string;

  private constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
  }

  static async enter(base: string, email: string, password: string): Promise<Shop> {
    const response = await fetch(new URL("/api/login", base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Error(`${email} can't sign in: ${await response.text()}`);
    return new Shop(base, (await response.json()).access_token);
  }

  async addCategory(name: string): Promise<void> {
    await this.#send("POST", "/api/categories", JSON.stringify({ name }), "application/json");
  }

  /** Returns nothing where the name is taken. */
  async addProduct(product: NewProduct): Promise<Product | null> {
    const body = JSON.stringify({ product });
    const response = await this.#send("POST", "/api/products", body, "application/json");
    return response.status === TAKEN ? null : response.json();
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

  /** What may pass by itself, such as a service that restarts, is tried again. */
  async #send(method: string, path: string, body: BodyInit, type: string): Promise<Response> {
    for (let left = TRIES; ; left -= 1) {
      const response = await fetch(new URL(path, this.#base), {
        method,
        body,
        headers: { "Content-Type": type, Authorization: `Bearer ${this.#token}` },
      }).catch(() => null);
      if (response?.ok || response?.status === TAKEN) return response;
      const isPassing = !response || response.status >= 500 || response.status === 429;
      if (!isPassing || left === 1) throw new Error(`${method} ${path}: ${await response?.text()}`);
      await new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS));
    }
  }
}
