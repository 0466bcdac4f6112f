import {X509Certificate} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {KafkaSasl, KafkaSettings} from '../../src/port/kafka.ts';

/** Brokers name the subject of a certificate as RFC 2253 does: the last part first. Node writes one part a line, the first one first. */
function certificateSubject(file: string): string | undefined {
	try {
		return new X509Certificate(readFileSync(file)).subject.split('\n').toReversed().join(',');
	} catch {
		return undefined;
	}
}

const tokenSubjects = new WeakMap<KafkaSasl, string>();

/** Whom the token of a login is for, once it was taken: its claim `sub`, where it is a JSON Web Token (RFC 7519). */
export function rememberTokenSubject(sasl: KafkaSasl, token: string): void {
	try {
		const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
		if (typeof claims !== 'object' || claims === null || !('sub' in claims) || typeof claims.sub !== 'string') return;
		tokenSubjects.set(sasl, claims.sub);
	} catch {
		// A token of another kind says nothing to us.
	}
}

/** What an ACL calls us, as far as we can know: brokers may map names otherwise, and do not tell. */
export function principalOf({sasl, tls}: KafkaSettings): string {
	if (sasl !== undefined)
		return `User:${sasl.mechanism === 'oauthbearer' ? (tokenSubjects.get(sasl) ?? '?') : sasl.username}`;
	const subject = tls?.cert === undefined ? undefined : certificateSubject(tls.cert);
	return `User:${subject ?? 'ANONYMOUS'}`;
}
