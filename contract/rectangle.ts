/** A rectangle of a picture, in its pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What two rectangles share; null where they do not meet. */
export function sharedPart(one: Rectangle, other: Rectangle): Rectangle | null {
  const x = Math.max(one.x, other.x);
  const y = Math.max(one.y, other.y);
  const width = Math.min(one.x + one.width, other.x + other.width) - x;
  const height = Math.min(one.y + one.height, other.y + other.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** What of a rectangle lies outside another, as rectangles that do not overlap: above, below, to the left and right. */
export function outsideOf(rectangle: Rectangle, other: Rectangle): Rectangle[] {
  const inside = sharedPart(rectangle, other);
  if (!inside) return [rectangle];
  const { x, y, width, height } = rectangle;
  const [right, bottom] = [inside.x + inside.width, inside.y + inside.height];
  const around = [
    { x, y, width, height: inside.y - y },
    { x, y: bottom, width, height: y + height - bottom },
    { x, y: inside.y, width: inside.x - x, height: inside.height },
    { x: right, y: inside.y, width: x + width - right, height: inside.height },
  ];
  return around.filter((part) => part.width > 0 && part.height > 0);
}
