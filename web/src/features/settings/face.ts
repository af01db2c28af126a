// From a picture of any size to a face: its square middle, small, and nothing of what cameras write into their files.

/** Pixels; enough for the largest circle on a screen with three of them to a point. */
export const SIDE = 192;
const QUALITY = 0.85;

/** Which square of a picture is shown: its middle, of portraits a little above it, where faces are. */
export function middle(width: number, height: number): { x: number; y: number; side: number } {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 3, side };
}

/** The bytes of a JPEG in base64. Rejects what this browser cannot show as a picture. */
export async function small(file: Blob): Promise<string> {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const { x, y, side } = middle(picture.width, picture.height);
  context.fillStyle = '#fff'; // behind what is transparent
  context.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, x, y, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return canvas.toDataURL('image/jpeg', QUALITY).split(',')[1] ?? '';
}
