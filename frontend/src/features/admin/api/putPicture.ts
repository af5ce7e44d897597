import { type ProductBody, putPicture as request } from "@/api";

/** Give a product its picture; the type comes with the file. */
export async function putPicture(id: string, picture: Blob): Promise<ProductBody> {
  const { data } = await request({
    path: { product_id: id },
    body: picture,
    headers: { "Content-Type": picture.type },
  });
  return data;
}
