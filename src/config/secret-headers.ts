/*
 * Detects headers that carry a credential, by their name or by the form of their value. A plain value of such a header is refused, because the
 * configuration holds references to secrets and never secrets.
 */

/** Standard headers whose value is always a credential. */
const secretHeaderName = /^(?:proxy-)?authorization$|^cookie$/i;

/** Names of credentials. `author` and `key` inside other words do not count: X-Author, X-Monkey. */
const secretNamePattern =
	/auth(?!or(?!i[sz]))|token|secret|passw|pwd|cookie|session|vault|signature|credential|bearer|jwt|(?:^|[-_.])(?:api|access|private)?-?key(?:[-_.]|$)|(?:^|[-_.])(?:sig|sid)(?:[-_.]|$)/i;

/** An HTTP authentication scheme with its parameter, a JSON Web Token, the token prefixes of providers, and a private key. */
const secretValuePatterns = [
	/^(?:basic|bearer|digest|negotiate|ntlm|token|apikey|aws4-hmac-sha256|sharedkey|splunk|dpop)\s+\S/i,
	/^ey[\w-]{8,}\.[\w-]+\./,
	/^(?:gh[a-z]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|sk[-_]|pk[-_]|rk_|hv[sbr]\.|AKIA|ASIA|AIza|ya29\.|npm_|pypi-|dop_v1_|glsa_|glc_|dt0c01\.|NRAK-|SG\.)[\w.-]{8,}/,
	/-----BEGIN [A-Z ]*PRIVATE KEY-----/,
] as const;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const minRandomLength = 20;
/** The entropy from which a value may be a secret, in bits per character: words and dates have less, base64 of random bytes more than 4, hexadecimal about 3.7. */
const minEntropy = 3.3;

/** Returns the Shannon entropy of a text, in bits per character. */
function entropy(text: string): number {
	const counts = new Map<string, number>();
	for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
	return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Whether a text has a long random run of letters and digits. A UUID does not count: it is usually the id of a tenant. */
const looksRandom = (value: string): boolean =>
	!uuid.test(value) &&
	value
		.split(/[^A-Za-z0-9+/=]+/)
		.some(
			part => part.length >= minRandomLength && /\d/.test(part) && /[A-Za-z]/.test(part) && entropy(part) >= minEntropy,
		);

export const isAlwaysSecret = (header: string): boolean => secretHeaderName.test(header);

/** Says why a plain value of this header is refused (`X-Vault is the name of a credential`); undefined when it is accepted. */
export function credentialReason(header: string, value: string): string | undefined {
	if (secretHeaderName.test(header) || secretNamePattern.test(header)) return `${header} is the name of a credential`;
	if (secretValuePatterns.some(form => form.test(value.trim())))
		return `the value of ${header} has the form of a credential`;
	if (looksRandom(value)) return `the value of ${header} looks like a random token`;
	return undefined;
}
