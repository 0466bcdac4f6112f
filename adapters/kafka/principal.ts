import {X509Certificate} from 'node:crypto';
import type {KafkaSettings} from '../../src/port/kafka.ts';

/** The name of our user in ACLs, as far as it is known: a broker may map names, and does not report its mapping. */
export type Principal = {
	/** `User:monitor`. With a token or certificate, exact only once it was used. */
	name(): string;
	/** Takes the claim `sub` of an accepted token, when the token is a JSON Web Token (RFC 7519). */
	recordToken(token: string): void;
	/** Takes the subject of our client certificate, PEM text. */
	recordCertificate(pem: string): void;
};

export function createPrincipal({sasl, tls}: Pick<KafkaSettings, 'sasl' | 'tls'>): Principal {
	let tokenSubject: string | undefined;
	let certificateSubject: string | undefined;
	return {
		name() {
			if (sasl?.mechanism === 'oauthbearer') return `User:${tokenSubject ?? '?'}`;
			if (sasl !== undefined) return `User:${sasl.username}`;
			return `User:${(tls?.cert === undefined ? undefined : certificateSubject) ?? 'ANONYMOUS'}`;
		},
		recordToken(token) {
			tokenSubject = subjectOfToken(token) ?? tokenSubject;
		},
		recordCertificate(pem) {
			certificateSubject = subjectOfCertificate(pem);
		},
	};
}

/** Undefined for a token of another kind. */
function subjectOfToken(token: string): string | undefined {
	try {
		const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
		if (typeof claims !== 'object' || claims === null || !('sub' in claims)) return undefined;
		return typeof claims.sub === 'string' ? claims.sub : undefined;
	} catch {
		return undefined;
	}
}

/** The subject as brokers write it (RFC 2253, the last part first). Node writes one part a line, the first one first. */
function subjectOfCertificate(pem: string): string | undefined {
	try {
		return new X509Certificate(pem).subject.split('\n').toReversed().join(',');
	} catch {
		return undefined;
	}
}
