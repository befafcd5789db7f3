// How protobuf's JSON mapping spells values, and back.

/**
 * A number of 64 bits, which JSON carries as a string and leaves out when it is 0. All that we count
 * stays below 2^53.
 * @param {string | number | undefined} value
 * @returns {number}
 */
export function number(value) {
  return value === undefined ? 0 : Number(value);
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} base64, as protobuf's JSON mapping writes bytes
 */
export function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * @param {string} text base64url without padding (RFC 4648 §5), or base64
 * @returns {string} base64
 * @throws {RangeError} when it is neither
 */
export function base64FromURL(text) {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) {
    throw new RangeError("not base64");
  }
  return plain + "=".repeat((4 - (plain.length % 4)) % 4);
}

/** @param {string} text base64 @returns {string} base64url without padding */
export function base64ForURL(text) {
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * A UUIDv7 (RFC 9562 §5.7): ids of about the same time are stored side by side.
 * @param {number} milliseconds since 1970
 * @param {Uint8Array} random 16 random bytes
 * @returns {Uint8Array}
 */
export function uuid7(milliseconds, random) {
  const bytes = Uint8Array.from(random);
  for (let index = 0; index < 6; index += 1) {
    bytes[index] = Math.floor(milliseconds / 2 ** (8 * (5 - index))) % 256;
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes;
}

/** @returns {string} a new message's id, as Send wants it */
export function newMessageID() {
  return base64(uuid7(Date.now(), crypto.getRandomValues(new Uint8Array(16))));
}

/**
 * @param {string} text
 * @returns {number} its bytes in UTF-8, which is what limits count
 */
export function utf8Bytes(text) {
  return new TextEncoder().encode(text).length;
}
