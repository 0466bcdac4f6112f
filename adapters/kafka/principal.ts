import {X509Certificate} from 'node:crypto';
import {readFileSync} from 'node:fs';
import type {KafkaSettings} from '../../src/port/kafka.ts';

/** Brokers name the subject of a certificate as RFC 2253 does: the last part first. Node writes one part a line, the first one first. */
function subjectIn(file: string): string | undefined {
	try {
		return new X509Certificate(readFileSync(file)).subject.split('\n').toReversed().join(',');
	} catch {
		return undefined;
	}
}

/** What an ACL calls us, as far as we can know: brokers may map names otherwise, and do not tell. */
export function principalOf({sasl, tls}: KafkaSettings): string {
	if (sasl !== undefined) return `User:${sasl.username}`;
	const subject = tls?.cert === undefined ? undefined : subjectIn(tls.cert);
	return `User:${subject ?? 'ANONYMOUS'}`;
}
