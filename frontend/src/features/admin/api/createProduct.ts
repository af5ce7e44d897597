import { type NewProductBody, type ProductBody, createProduct as request } from "@/api";

export async function createProduct(product: NewProductBody): Promise<ProductBody> {
  return (await request({ body: { product } })).data;
}
