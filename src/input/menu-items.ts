import type {AuditRecord} from '../audit/audit-record.ts';
import type {UnresolvedIntent} from '../audit/unresolved-intents.ts';
import type {DocumentLine} from '../contract/document.ts';
import type {Severity} from '../contract/row.ts';
import {worstSeverity} from '../contract/severity.ts';
import {messageOf} from '../errors.ts';
import {formatFindingAge} from '../findings/merge-findings.ts';
import {describeChannel} from '../model/channel-security.ts';
import {accessState} from '../policy/policy.ts';
import {describeTargetPolicy} from '../policy/policy-text.ts';
import {isSettling} from '../remedy/remedy-state.ts';
import type {ListName} from '../session/session.ts';
import {formatClockTime, formatDuration, formatMillis} from '../text/format.ts';
import type {Deck} from './deck.ts';
import {showDocument} from './open-document.ts';
import {revealFinding, runById} from './start-action.ts';

/** A line of a list above the deck. `text` may contain raw text from outside: the list cleans it. */
export type MenuItem = {
	readonly id: string;
	readonly severity?: Severity;
	/** Short, on the left: a key, a time, a name. */
	readonly left: string;
	readonly text: string;
	/** Short, on the right. */
	readonly right: string;
	/** Why it cannot be chosen now. */
	readonly disabled?: string | undefined;
	choose(): void;
	/** Records that a person checked an unknown outcome. */
	resolve?(): void;
	/** The target that `list.arm` arms on this line. */
	readonly target?: string;
};

export const menuTitles: Readonly<Record<ListName, string>> = {
	actions: 'What can be done here',
	findings: 'What is wrong',
	targets: 'Watched systems',
	audit: 'What was done',
	undo: 'Undo',
};

export const menuEmpty: Readonly<Record<ListName, string>> = {
	actions: 'No row is selected.',
	findings: 'Nothing is wrong.',
	targets: 'No system is watched yet. midwatch --help says how; midwatch --demo shows the deck without any.',
	audit: 'Nothing is recorded yet.',
	undo: 'No action of this console can be undone.',
};

/** The actions and inspections of the row under the cursor. */
export const availableItems = (deck: Deck): readonly MenuItem[] =>
	[...deck.actions(), ...deck.inspections()].map(({declared: {id, title}, key, disabled}) => ({
		id,
		left: key,
		text: title,
		right: id,
		disabled,
		choose: () => runById(deck, id),
	}));

const findingItems = (deck: Deck): MenuItem[] =>
	deck.findings().map(finding => ({
		id: finding.id,
		severity: finding.severity,
		left: finding.target,
		text: finding.sentence,
		right: formatFindingAge(finding, deck.now()),
		target: finding.target,
		choose: () => revealFinding(deck, finding),
	}));

function targetItems(deck: Deck): MenuItem[] {
	const {watch, arming, keymap} = deck.options;
	const only = deck.session.get().target;
	return watch.targets.map(({target, system}) => {
		const readings = watch.readings().filter(reading => reading.target === target.name);
		const failure = readings.find(reading => reading.failure !== undefined)?.failure;
		const identity = watch.identity(target.name);
		const access = accessState(arming.policy.get(), target.name, deck.monotonic());
		const accessText = {
			open: 'not guarded',
			guarded: `guarded: ${keymap.keyFor('list.arm')} arms it`,
			armed:
				access.state === 'armed' ? `armed, ends in ${formatDuration((access.until - deck.monotonic()) / 1000)}` : '',
			'read-only': 'read-only',
		}[access.state];
		const server =
			identity === undefined
				? 'connecting'
				: [
						`${identity.version}, as ${identity.who}`,
						describeChannel(identity.channel),
						formatMillis(identity.latencyMs),
					]
						.filter(part => part !== undefined)
						.join(', ');
		const parts = [
			`${system.title}: ${failure === undefined ? server : `${failure.message}; ${failure.hint}`}`,
			only === target.name ? `shown alone, ${keymap.keyFor('list.choose')} shows all` : '',
			describeTargetPolicy(arming.policy.get(), target.name),
		];
		return {
			id: target.name,
			severity:
				failure === undefined
					? worstSeverity(readings.flatMap(reading => reading.findings.map(({severity}) => severity)))
					: 'unknown',
			left: target.name,
			text: parts.filter(part => part !== '').join(' · '),
			right: accessText,
			target: target.name,
			choose() {
				deck.apply({do: 'close-all'});
				deck.apply({do: 'only-target', target: only === target.name ? undefined : target.name});
				if (only !== target.name) {
					const pane = deck.options.panes.find(({systems}) => systems.includes(target.kind));
					if (pane !== undefined) deck.apply({do: 'focus', pane: pane.id});
					deck.showNotice(`only ${target.name} is shown; ${keymap.keyFor('deck.targets')} shows all again`);
				} else deck.showNotice('all targets are shown');
			},
		};
	});
}

/** Opens a record as indented JSON. */
export function showRecord(deck: Deck, record: AuditRecord): void {
	const lines = JSON.stringify(record, null, 2)
		.split('\n')
		.map(text => ({text}));
	showDocument(deck, `Audit record ${record.id}`, lines);
}

const recordSeverity = (record: AuditRecord): Severity => {
	if (record.result === 'unknown') return 'unknown';
	if (record.result === 'failed' || record.result === 'ineffective' || record.kind === 'gap' || record.kind === 'torn')
		return 'warn';
	return 'ok';
};

/** The lines for an unresolved intent whose record is not among those that were read. */
const unresolvedLines = (open: UnresolvedIntent): DocumentLine[] =>
	[
		`${open.action.title} (${open.action.id}) on ${open.target}/${open.object}`,
		`started ${open.ts} by ${open.user}`,
		open.why,
		open.whatToCheck,
		...(open.lastObservation === undefined ? [] : [`checked again: ${open.lastObservation}`]),
		...(open.cliEquivalent === undefined ? [] : ['the equivalent command', `  ${open.cliEquivalent}`]),
	].map(text => ({text}));

/** Records that a person checked the outcome, which removes it from the list. */
function resolveIntent(deck: Deck, id: string): void {
	deck.options.audit.append({kind: 'resolve', of: id, note: 'a person checked it'}).then(
		() => deck.showNotice('recorded: it was checked'),
		(error: unknown) => deck.showNotice(messageOf(error), 'warn'),
	);
}

/** `14:05:33Z`, with the date before it when it was not today. */
function formatWhen(deck: Deck, ts: string): string {
	const time = formatClockTime(Date.parse(ts));
	const day = ts.slice(0, 10);
	return day === new Date(deck.now()).toISOString().slice(0, 10) ? time : `${day} ${time}`;
}

/** `mira`, or `root (mira)` when mira became root by sudo. */
const formatActor = ({actor}: AuditRecord): string =>
	actor.sudo_user === undefined ? actor.user : `${actor.user} (${actor.sudo_user})`;

const auditItems = (deck: Deck): MenuItem[] => [
	...deck.options.unresolved.get().map(open => ({
		id: `open-${open.id}`,
		severity: 'unknown' as const,
		left: formatWhen(deck, open.ts),
		text: `${open.action.id} on ${open.target}/${open.object} by ${open.user}: ${open.why}; ${open.lastObservation === undefined ? open.whatToCheck : `checked again: ${open.lastObservation}`}`,
		right: `unknown, ${deck.options.keymap.keyFor('list.resolve')} resolves it`,
		target: open.target,
		resolve: () => resolveIntent(deck, open.id),
		choose: () => {
			const record = deck.records.get().find(({id}) => id === open.id);
			if (record !== undefined) showRecord(deck, record);
			else showDocument(deck, `Audit record ${open.id}`, unresolvedLines(open));
		},
	})),
	...deck.records.get().map(record => ({
		id: `${record.seq}`,
		severity: recordSeverity(record),
		left: formatWhen(deck, record.ts),
		text: [
			record.kind,
			record.action?.id,
			[record.target, record.object].filter(part => part !== undefined).join('/'),
			formatActor(record),
			record.note ?? record.receipt?.summary ?? record.error?.message,
			record.confirmation?.reason === undefined ? undefined : `reason: ${record.confirmation.reason}`,
		]
			.filter(part => part !== undefined && part !== '')
			.join('  '),
		right: record.result ?? '',
		choose: () => showRecord(deck, record),
	})),
];

/** The last outcome of a remedy that is still verified, as a suffix. */
function lastObservationOf(deck: Deck, record: string): string {
	const remedy = deck.options.runner.inProgress().find(({id}) => id === record);
	if (remedy === undefined || !isSettling(remedy)) return '';
	return `, still verifying${remedy.outcome === undefined ? '' : `: ${remedy.outcome.detail}`}`;
}

const undoItems = (deck: Deck): MenuItem[] =>
	deck.options.runner.sentActions().map(sent => ({
		id: sent.record,
		left: formatClockTime(sent.sentAt),
		text: `${sent.summary} (${sent.target}/${sent.object})${lastObservationOf(deck, sent.record)} · ${sent.undo.text}`,
		right: sent.undo.class,
		disabled: sent.undoneBy === undefined ? sent.whyNotUndoable : 'already undone',
		target: sent.target,
		choose: () => runById(deck, `undo ${sent.record}`),
	}));

/** The selected line of a list that may have changed: the same item, else the one at the same index. */
export function selectedIndex(
	items: readonly MenuItem[],
	layer: {readonly index: number; readonly item: string | undefined},
): number {
	const index = layer.item === undefined ? -1 : items.findIndex(item => item.id === layer.item);
	return index >= 0 ? index : Math.max(0, Math.min(layer.index, items.length - 1));
}

/** The present lines of a list. */
export function menuItems(deck: Deck, list: ListName): readonly MenuItem[] {
	switch (list) {
		case 'actions':
			return availableItems(deck);
		case 'findings':
			return findingItems(deck);
		case 'targets':
			return targetItems(deck);
		case 'audit':
			return auditItems(deck);
		case 'undo':
			return undoItems(deck);
	}
}
