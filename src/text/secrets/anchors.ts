import {commandNames, findAuth, findCommand, findHello, findOption, findSetUser, findUserRule} from './commands.ts';
import {findForeign, findNamed, findSetConfig} from './names.ts';
import {type Scan, toLowerCaseCode} from './scan.ts';
import {findCall, findCrypt, findCryptVector, findIdentified, findInsert} from './sql.ts';
import {findKey, findToken, findWrappedKey, tokenStarts} from './tokens.ts';
import {
	findAuthorization,
	findBasic,
	findBearer,
	findCookie,
	findGoAddress,
	findRegistryAuth,
	findSignature,
	findUserInfo,
	findWebhook,
} from './web.ts';

/** Masks the secrets at a place where its word was found. */
type Rule = (scan: Scan, place: number) => void;
/** A word in lower case, of three characters at least, and the rule that reads from where it begins. */
type Anchor = {readonly word: string; readonly find: Rule};

const each = (words: readonly string[], find: Rule): readonly Anchor[] => words.map(word => ({word, find}));

const anchors: readonly Anchor[] = [
	...each(['://'], findUserInfo),
	...each(['authorization'], findAuthorization),
	...each(['auth'], findAuth),
	...each(['auth'], findRegistryAuth),
	...each(['cookie'], findCookie),
	...each(['bearer'], findBearer),
	...each(['basic'], findBasic),
	...each(['sig=', 'sig%', 'signature=', 'signature%'], findSignature),
	...each(['services/', 'webhooks/'], findWebhook),
	...each(
		['pass', 'pwd', 'secret', 'token', 'key', 'credential', 'masterauth', 'redis_auth', 'rediscli_auth'],
		findNamed,
	),
	...each(['amz-signature'], (scan, place) => findNamed(scan, place + 'amz-'.length)),
	...each(['goog-signature'], (scan, place) => findNamed(scan, place + 'goog-'.length)),
	...['contraseña', 'contrasena', 'mot de passe', 'wachtwoord', 'senha'].map(word => ({word, find: findForeign(word)})),
	...each(['@tcp(', '@unix('], findGoAddress),
	...each(['set_config'], findSetConfig),
	...each(['crypt('], findCrypt),
	...each(['crypt_iv('], findCryptVector),
	...each(['pgp_', 'hmac('], findCall),
	...each(['identified'], findIdentified),
	...each(['insert'], findInsert),
	...commandNames.map(word => ({word, find: findCommand(word)})),
	...each([' -u', ' -p', ' -a', ' -w', ' --user', ' --pass', ' --proxy-user'], findOption),
	...each(['hello'], findHello),
	...each(['setuser'], findSetUser),
	...each(['on #', 'off #', 'on >', 'off >', 'nopass #', 'payload #'], findUserRule),
	...tokenStarts.map((word, index) => ({word, find: findToken(index)})),
	...each(['-----begin'], findKey),
	...each(['ls0tls1crud'], findWrappedKey),
];

/** A number for three characters, the same for capitals; others can have it too. */
const bits = 5;
const all = (1 << (3 * bits)) - 1;
export const rollTrigram = (before: number, code: number): number => ((before << bits) | (code & 31)) & all;

/** How frequent the characters of each of the 32 numbers are in logs, as a logarithm. */
const commonness = [...'a99889777855889999a9988777850746'].map(digit => Number.parseInt(digit, 16));

/** An anchor, and which three of its characters are searched for: the least frequent ones. */
export type PlacedAnchor = Anchor & {readonly offset: number; readonly number: number};

function placeAnchor(anchor: Anchor): PlacedAnchor {
	const codes = Array.from(anchor.word, character => toLowerCaseCode(character.charCodeAt(0)));
	const weight = (offset: number) =>
		codes.slice(offset, offset + 3).reduce((sum, code) => sum + (commonness[code & 31] ?? 0), 0);
	const offsets = codes.slice(2).map((_, offset) => offset);
	const offset = offsets.reduce((best, one) => (weight(one) < weight(best) ? one : best), 0);
	return {...anchor, offset, number: codes.slice(offset, offset + 3).reduce(rollTrigram, 0)};
}

const byNumber: ReadonlyMap<number, readonly PlacedAnchor[]> = Map.groupBy(
	anchors.map(placeAnchor),
	({number}) => number,
);

/** The anchors by their numbers, from 1 on. */
const groups: readonly (readonly PlacedAnchor[])[] = [[], ...byNumber.values()];

/** The group of a number; 0 where no anchor has it. */
export const groupOfTrigram: Uint8Array = (() => {
	const slots = new Uint8Array(all + 1);
	for (const [index, number] of [...byNumber.keys()].entries()) slots[number] = index + 1;
	return slots;
})();

export const anchorsOfGroup = (group: number): readonly PlacedAnchor[] => groups[group] ?? [];
