/** One value in the Distinguished Encoding Rules of ASN.1 (X.690): a tag, a length, the content. */
function value(tag: number, ...content: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(content);
	const {length} = body;
	if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
	const size: number[] = [];
	for (let rest = length; rest > 0; rest >>>= 8) size.unshift(rest & 0xff);
	return Buffer.concat([Buffer.from([tag, 0x80 | size.length, ...size]), body]);
}

export const derSequence = (...items: readonly Uint8Array[]): Buffer => value(0x30, ...items);
export const derSet = (...items: readonly Uint8Array[]): Buffer => value(0x31, ...items);
export const derUtf8String = (content: string): Buffer => value(0x0c, Buffer.from(content, 'utf8'));
export const derOctetString = (content: Uint8Array): Buffer => value(0x04, content);
export const derBoolean = (): Buffer => value(0x01, Buffer.from([0xff]));

/** An unsigned integer, from its bytes. */
export const derInteger = (bytes: Uint8Array): Buffer =>
	value(0x02, ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));

/** `unused`: how many of the last bits do not count. */
export const derBitString = (content: Uint8Array, unused = 0): Buffer => value(0x03, Buffer.from([unused]), content);

/** `[n]` around values. */
export const derExplicit = (n: number, ...items: readonly Uint8Array[]): Buffer => value(0xa0 | n, ...items);
/** `[n]` in place of a primitive value's own tag. */
export const derImplicit = (n: number, content: Uint8Array): Buffer => value(0x80 | n, content);

/** `1.2.840.10045.4.3.2` */
export function derObjectIdentifier(dotted: string): Buffer {
	const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
	const bytes = [first * 40 + second];
	for (const part of rest) {
		const group = [part & 0x7f];
		for (let more = part >>> 7; more > 0; more >>>= 7) group.unshift(0x80 | (more & 0x7f));
		bytes.push(...group);
	}
	return value(0x06, Buffer.from(bytes));
}

/** UTCTime, which ends with the year 2049. */
export const derUtcTime = (at: number): Buffer =>
	value(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`, 'ascii'));

/** Text around DER, as PEM files have it. */
export const toPem = (label: string, der: Uint8Array): string => {
	const lines =
		Buffer.from(der)
			.toString('base64')
			.match(/.{1,64}/g) ?? [];
	return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};
