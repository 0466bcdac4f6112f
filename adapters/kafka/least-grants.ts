import {readFileSync} from 'node:fs';
import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import type {KafkaSettings} from '../../src/port/kafka.ts';
import {aclGrantCommandsFor} from './permissions.ts';
import {createPrincipal} from './principal.ts';

/** The grants for all groups and topics. An administrator may name some instead of `*`. */
export function kafkaLeastGrants(target: Target<KafkaSettings>): Grants {
	const {settings} = target;
	const principal = principalOf(settings);
	const read = aclGrantCommandsFor(settings, principal, 'read');
	const write = aclGrantCommandsFor(settings, principal, 'write');
	return {
		tool: 'a shell with the tools of Kafka, as a superuser',
		forReading: read,
		forActions: write.filter(line => !read.includes(line)),
	};
}

/** The name of our user without a connection: reads the certificate file at once, since this runs only for `doctor --grants`. */
function principalOf(settings: KafkaSettings): string {
	const principal = createPrincipal(settings);
	if (settings.tls?.cert !== undefined) principal.recordCertificate(readText(settings.tls.cert));
	return principal.name();
}

/** Empty for a file that cannot be read. */
function readText(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}
