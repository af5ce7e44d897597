const MOST_BYTES = 2 * 1024 * 1024;
const LONGEST_SIDE = 2000;
const TYPES = new Set(["image/png", "image/jpeg", "image/webp"]);

export class UnusablePictureError extends Error {}

/** A picture as the server takes it: what is too large is made smaller here. */
export async function prepared(file: File): Promise<Blob> {
  if (!TYPES.has(file.type)) throw new UnusablePictureError("Choose a PNG, JPEG or WebP picture.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new UnusablePictureError("This file can't be read as a picture.");
  });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size <= MOST_BYTES) return file;
  return redrawn(bitmap, scale);
}

async function redrawn(bitmap: ImageBitmap, scale: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/webp", 0.86),
  );
  if (!blob || blob.size > MOST_BYTES) throw new UnusablePictureError("This picture is too large.");
  return blob;
}
