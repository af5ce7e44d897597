import { type ProductBody, putPicture as request } from "@/api";

/** Set a product's picture. The file determines the content type. */
export async function putPicture(id: string, picture: Blob): Promise<ProductBody> {
  const { data } = await request({
    path: { product_id: id },
    body: picture,
    headers: { "Content-Type": picture.type },
  });
  return data;
}
