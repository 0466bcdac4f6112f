/*
 * Which headers carry a credential: by their name, or by what their value looks like. A plain value of such a header is refused, because the
 * configuration holds references to secrets and never the secrets themselves.
 */

/** Standard headers whose value is always a credential. */
const secretHeaderName = /^(?:proxy-)?authorization$|^cookie$/i;

/** `author` and `key` inside other words are no credentials: X-Author, X-Monkey. */
const secretNamePattern =
	/auth(?!or(?!i[sz]))|token|secret|passw|pwd|cookie|session|vault|signature|credential|bearer|jwt|(?:^|[-_.])(?:api|access|private)?-?key(?:[-_.]|$)|(?:^|[-_.])(?:sig|sid)(?:[-_.]|$)/i;

/** A scheme of HTTP authentication and what follows it, a JSON Web Token, and prefixes that providers give to their tokens. */
const secretValuePatterns = [
	/^(?:basic|bearer|digest|negotiate|ntlm|token|apikey|aws4-hmac-sha256|sharedkey|splunk|dpop)\s+\S/i,
	/^ey[\w-]{8,}\.[\w-]+\./,
	/^(?:gh[a-z]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|sk[-_]|pk[-_]|rk_|hv[sbr]\.|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|dop_v1_|glsa_|glc_|dt0c01\.|NRAK-|SG\.)[\w.-]{8,}/,
	/-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const shortestRandom = 20;
/** Bits a character: words and dates have less, base64 of random bytes has more than 4, hexadecimal about 3.7. */
const leastEntropy = 3.3;

/** Shannon's, of the characters of the text. */
function entropy(text: string): number {
	const counts = new Map<string, number>();
	for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
	return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** A long run of letters and digits without order. A UUID is most often the id of a tenant. */
const looksRandom = (value: string): boolean =>
	!uuid.test(value) &&
	value
		.split(/[^A-Za-z0-9+/=]+/)
		.some(
			part =>
				part.length >= shortestRandom && /\d/.test(part) && /[A-Za-z]/.test(part) && entropy(part) >= leastEntropy,
		);

export const isAlwaysSecret = (header: string): boolean => secretHeaderName.test(header);

/** The reason why a plain value of this header is refused, as `X-Vault is the name of a credential`; undefined when it is not. */
export function credentialReason(header: string, value: string): string | undefined {
	if (secretHeaderName.test(header) || secretNamePattern.test(header)) return `${header} is the name of a credential`;
	if (secretValuePatterns.some(form => form.test(value.trim())))
		return `the value of ${header} has the form of a credential`;
	if (looksRandom(value)) return `the value of ${header} looks like a random token`;
	return undefined;
}
