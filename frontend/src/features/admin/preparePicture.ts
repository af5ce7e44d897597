const MAX_BYTES = 2 * 1024 * 1024;
const MAX_SIDE_PIXELS = 2000;
const TYPES = new Set(["image/png", "image/jpeg", "image/webp"]);

export class UnusablePictureError extends Error {}

/** Return a picture that the server accepts. A picture that is too large is scaled down. */
export async function preparePicture(file: File): Promise<Blob> {
  if (!TYPES.has(file.type)) throw new UnusablePictureError("Choose a PNG, JPEG or WebP picture.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new UnusablePictureError("We can't read this file. Choose another picture.");
  });
  const scale = Math.min(1, MAX_SIDE_PIXELS / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && file.size <= MAX_BYTES) return file;
  return redraw(bitmap, scale);
}

async function redraw(bitmap: ImageBitmap, scale: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/webp", 0.86),
  );
  if (!blob || blob.size > MAX_BYTES)
    throw new UnusablePictureError("This picture is too large. Choose a smaller one.");
  return blob;
}
