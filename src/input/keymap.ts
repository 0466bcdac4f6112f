import {appliesToKind} from '../contract/define.ts';
import {closestWord} from '../text/closest.ts';

/** Every key of midwatch that belongs to no action or inspection, as data. Dispatch, footer, help, docs/keys.md, remapping and the tests all read this table. */

/**
 * Where a key means something. `deck`: the panes; `list`: any overlay with lines to choose from; `document`: a text being read;
 * `field`: a line being typed; `confirm`: the confirmation; `any`: everywhere that text is not being typed.
 */
export type Scope = 'any' | 'deck' | 'list' | 'document' | 'field' | 'confirm';

type BindingOf<Intent extends string> = {
	readonly intent: Intent;
	/** Key names as the decoder gives them: `j`, `G`, `up`, `shift+tab`, `ctrl+d`. */
	readonly keys: readonly string[];
	/** Keys that the configuration can add to but not take away: the way out. */
	readonly always?: readonly string[];
	readonly scope: Scope;
	readonly title: string;
	/** Its label in the footer, which has as many in this order as fit. */
	readonly footer?: string;
};

/** The keys that do not depend on the list of panes, in the order of the help and of docs/keys.md. */
export const fixedBindings = [
	{intent: 'pane.next', keys: ['tab', 'right'], scope: 'deck', title: 'Next pane'},
	{intent: 'pane.previous', keys: ['shift+tab', 'left'], scope: 'deck', title: 'Previous pane'},
	{intent: 'pane.zoom', keys: ['z'], scope: 'deck', title: 'One pane on the entire screen, and back', footer: 'zoom'},
	{intent: 'row.down', keys: ['j', 'down'], scope: 'deck', title: 'Next row'},
	{intent: 'row.up', keys: ['k', 'up'], scope: 'deck', title: 'Previous row'},
	{intent: 'row.first', keys: ['g', 'home'], scope: 'deck', title: 'First row'},
	{intent: 'row.last', keys: ['G', 'end'], scope: 'deck', title: 'Last row'},
	{intent: 'row.page-down', keys: ['pagedown', 'ctrl+f', 'ctrl+d'], scope: 'deck', title: 'A page down'},
	{intent: 'row.page-up', keys: ['pageup', 'ctrl+b', 'ctrl+u'], scope: 'deck', title: 'A page up'},
	{intent: 'row.open', keys: ['enter'], scope: 'deck', title: 'Open the row'},
	{intent: 'row.mark', keys: ['space'], scope: 'deck', title: 'Mark the row, for an action on several'},
	{intent: 'row.copy', keys: ['c'], scope: 'deck', title: 'Copy the row to the clipboard and to a file'},
	{intent: 'pane.filter', keys: ['/'], scope: 'deck', title: 'Filter rows: text, !text, field:value', footer: 'filter'},
	{intent: 'pane.problems-only', keys: ['f'], scope: 'deck', title: 'Show only problems, or all rows again'},
	{intent: 'pane.order', keys: ['o'], scope: 'deck', title: 'Next order of the section', footer: 'order'},
	{intent: 'deck.actions', keys: ['a'], scope: 'deck', title: 'All actions for the row', footer: 'actions'},
	{intent: 'deck.undo', keys: ['u'], scope: 'deck', title: 'Undo an action'},
	{intent: 'deck.findings', keys: ['!'], scope: 'deck', title: 'All problems'},
	{intent: 'deck.targets', keys: ['t'], scope: 'deck', title: 'Watched systems: state, show one only, arm'},
	{intent: 'deck.audit', keys: ['v'], scope: 'deck', title: 'Audit: the recorded actions'},
	{intent: 'deck.sources', keys: ['='], scope: 'deck', title: 'How the section was read, and the cost'},
	{intent: 'deck.refresh', keys: ['r'], scope: 'deck', title: 'Read again now'},
	{intent: 'deck.palette', keys: [':'], scope: 'deck', title: 'Find any command by its name'},
	{intent: 'deck.arm', keys: ['O'], scope: 'deck', title: 'Arm the target of the row, then enter; or disarm it'},
	{
		intent: 'deck.break-glass',
		keys: ['ctrl+g'],
		scope: 'deck',
		title: 'Break-glass: act although a required audit sink fails',
	},
	{intent: 'deck.help', keys: ['?'], scope: 'any', title: 'Help', footer: 'help'},
	{intent: 'deck.back', keys: ['esc', 'q'], always: ['esc'], scope: 'any', title: 'Back; on the deck, quit'},
	{intent: 'deck.quit', keys: ['ctrl+c'], always: ['ctrl+c'], scope: 'any', title: 'Quit at once'},
	{intent: 'deck.suspend', keys: ['ctrl+z'], scope: 'any', title: 'Suspend to the shell; fg returns'},
	{intent: 'deck.redraw', keys: ['ctrl+l'], scope: 'any', title: 'Draw the screen again'},
	{intent: 'list.down', keys: ['j', 'down'], scope: 'list', title: 'Next line'},
	{intent: 'list.up', keys: ['k', 'up'], scope: 'list', title: 'Previous line'},
	{intent: 'list.first', keys: ['g', 'home'], scope: 'list', title: 'First line'},
	{intent: 'list.last', keys: ['G', 'end'], scope: 'list', title: 'Last line'},
	{intent: 'list.page-down', keys: ['pagedown', 'ctrl+f', 'ctrl+d'], scope: 'list', title: 'A page down'},
	{intent: 'list.page-up', keys: ['pageup', 'ctrl+b', 'ctrl+u'], scope: 'list', title: 'A page up'},
	{intent: 'list.choose', keys: ['enter'], scope: 'list', title: 'Choose the line'},
	{intent: 'list.arm', keys: ['O'], scope: 'list', title: 'Arm the target of the line, then enter; or disarm it'},
	{
		intent: 'list.login',
		keys: ['l'],
		scope: 'list',
		title: 'Log in to the target of the line in the terminal, or approve its login program',
	},
	{intent: 'list.copy', keys: ['c'], scope: 'list', title: 'Copy the line'},
	{intent: 'list.resolve', keys: ['space'], scope: 'list', title: 'Record that an unknown outcome was checked'},
	{intent: 'text.down', keys: ['j', 'down', 'enter'], scope: 'document', title: 'A line down'},
	{intent: 'text.up', keys: ['k', 'up'], scope: 'document', title: 'A line up'},
	{intent: 'text.half-down', keys: ['ctrl+d'], scope: 'document', title: 'Half a page down'},
	{intent: 'text.half-up', keys: ['ctrl+u'], scope: 'document', title: 'Half a page up'},
	{intent: 'text.page-down', keys: ['space', 'pagedown', 'ctrl+f'], scope: 'document', title: 'A page down'},
	{intent: 'text.page-up', keys: ['pageup', 'ctrl+b'], scope: 'document', title: 'A page up'},
	{intent: 'text.first', keys: ['g', 'home'], scope: 'document', title: 'To the start'},
	{intent: 'text.last', keys: ['G', 'end'], scope: 'document', title: 'To the end; follow new lines'},
	{intent: 'text.search', keys: ['/'], scope: 'document', title: 'Search', footer: 'search'},
	{intent: 'text.next', keys: ['n'], scope: 'document', title: 'Next match'},
	{intent: 'text.previous', keys: ['N'], scope: 'document', title: 'Previous match'},
	{
		intent: 'text.filter',
		keys: ['&'],
		scope: 'document',
		title: 'Show only lines with: text, !text, /regex/, level>=warn',
		footer: 'filter',
	},
	{intent: 'text.follow', keys: ['f'], scope: 'document', title: 'Pause, or follow new lines'},
	{intent: 'text.wrap', keys: ['w'], scope: 'document', title: 'Wrap long lines on or off', footer: 'wrap'},
	{intent: 'text.left', keys: ['left'], scope: 'document', title: 'To the left, when lines are not wrapped'},
	{intent: 'text.right', keys: ['right'], scope: 'document', title: 'To the right, when lines are not wrapped'},
	{intent: 'text.timestamps', keys: ['t'], scope: 'document', title: 'Time stamps on or off'},
	{intent: 'text.save', keys: ['s'], scope: 'document', title: 'Save what is shown to a file', footer: 'save'},
	{intent: 'text.refresh', keys: ['r'], scope: 'document', title: 'Read again now', footer: 'read again'},
	{intent: 'text.copy', keys: ['c'], scope: 'document', title: 'Copy the entire text', footer: 'copy'},
	{intent: 'field.accept', keys: ['enter'], scope: 'field', title: 'Accept what was typed'},
	{intent: 'field.cancel', keys: ['esc'], always: ['esc'], scope: 'field', title: 'Cancel'},
	{intent: 'field.next', keys: ['tab'], scope: 'field', title: 'Next field or suggestion'},
	{intent: 'field.previous', keys: ['shift+tab'], scope: 'field', title: 'Previous field or suggestion'},
	{intent: 'field.older', keys: ['up'], scope: 'field', title: 'Earlier input, or the previous field'},
	{intent: 'field.newer', keys: ['down'], scope: 'field', title: 'Later input, or the next field'},
	{intent: 'field.left', keys: ['left'], scope: 'field', title: 'A character to the left'},
	{intent: 'field.right', keys: ['right'], scope: 'field', title: 'A character to the right'},
	{intent: 'field.start', keys: ['home', 'ctrl+a'], scope: 'field', title: 'To the start of the line'},
	{intent: 'field.end', keys: ['end', 'ctrl+e'], scope: 'field', title: 'To the end of the line'},
	{intent: 'field.erase', keys: ['backspace'], scope: 'field', title: 'Erase a character'},
	{intent: 'field.delete', keys: ['delete'], scope: 'field', title: 'Erase the character after it'},
	{intent: 'field.erase-word', keys: ['ctrl+w'], scope: 'field', title: 'Erase a word'},
	{intent: 'field.clear', keys: ['ctrl+u'], scope: 'field', title: 'Erase all'},
	{intent: 'confirm.yes', keys: ['y'], scope: 'confirm', title: 'Confirm, then enter'},
	{intent: 'confirm.cancel', keys: ['esc'], always: ['esc'], scope: 'confirm', title: 'Cancel'},
	{
		intent: 'confirm.page-down',
		keys: ['pagedown', 'ctrl+f'],
		scope: 'confirm',
		title: 'A page down',
	},
	{intent: 'confirm.page-up', keys: ['pageup', 'ctrl+b'], scope: 'confirm', title: 'A page up'},
	{
		intent: 'confirm.replan',
		keys: ['ctrl+n'],
		scope: 'confirm',
		title: 'Replan for the present state, when it has changed',
	},
	{
		intent: 'confirm.expand',
		keys: ['ctrl+r'],
		scope: 'confirm',
		title: 'Show all of the command, or one line',
	},
	{
		intent: 'confirm.reason',
		keys: ['ctrl+t'],
		scope: 'confirm',
		title: 'Give a reason for the record',
	},
	{intent: 'confirm.copy', keys: ['ctrl+y'], scope: 'confirm', title: 'Copy the equivalent command'},
] as const satisfies readonly BindingOf<string>[];

const paneNumbers = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** A place in the list of panes that has a number key. */
export type PaneNumber = (typeof paneNumbers)[number];

/** Goes to the pane with this number. */
export type PaneIntent = `pane.${PaneNumber}`;

type FixedBinding = (typeof fixedBindings)[number];

export type KeyIntent = FixedBinding['intent'] | PaneIntent;

/** The intents of the scopes `deck` and `any`. */
export type DeckIntent = Extract<FixedBinding, {readonly scope: 'deck' | 'any'}>['intent'] | PaneIntent;

export type KeyBinding = BindingOf<KeyIntent>;

/** Number keys: one for each of the first nine panes, in the order of the list. */
const paneBindings = (panes: readonly TitledPane[]): readonly KeyBinding[] =>
	paneNumbers.slice(0, panes.length).map((number, index) => ({
		intent: `pane.${number}`,
		keys: [String(number)],
		scope: 'deck',
		title: `Go to pane ${number}: ${panes[index]?.title ?? ''}`,
	}));

/** All bindings with their default keys, in the order of the help and of docs/keys.md. */
export const keyBindings = (panes: readonly TitledPane[]): readonly KeyBinding[] => [
	...paneBindings(panes),
	...fixedBindings,
];

/** The number in a `pane.<n>` intent, counted from 1; undefined for other intents. */
export function paneNumber(intent: string): number | undefined {
	const [, digit] = /^pane\.([1-9])$/.exec(intent) ?? [];
	return digit === undefined ? undefined : Number(digit);
}

/** What the keymap needs to know of a pane. */
export type TitledPane = {readonly title: string};

/** What the table needs to know of an action or an inspection. */
export type DeclaredKey = {
	readonly id: string;
	readonly title: string;
	readonly key?: string;
	readonly kind: string;
	readonly also?: readonly string[];
	/** Keys of the text that it opens. */
	readonly documentOptions?: readonly {readonly key: string; readonly title: string}[];
};

/** Everything that a key can belong to. */
export type DeclaredKeys = {
	readonly actions: readonly DeclaredKey[];
	readonly inspections: readonly DeclaredKey[];
	readonly panes: readonly TitledPane[];
};

/** `intent or id -> keys`, from the configuration. */
export type Remaps = Readonly<Record<string, readonly string[]>>;

export type Keymap = {
	readonly bindings: readonly KeyBinding[];
	/** The intent of a key in a scope; `any` is looked at last. */
	intent(scope: Scope, key: string): KeyIntent | undefined;
	/** First key of an intent, action or inspection, for the footer and the help; empty when it has none. */
	keyOf(id: string, declared?: string): string;
	/** First key of an intent, for a sentence: `press O to arm it`. */
	keyFor(intent: KeyIntent): string;
	/** Action or inspection of a row kind under this key. */
	findDeclared<K extends DeclaredKey>(of: readonly K[], kind: string, key: string): K | undefined;
	/** Whether anything lies on this key, wherever that is. */
	isTaken(key: string): boolean;
};

/** The configured keys, or its own; those that can never be taken away come last. */
function keysOf(binding: KeyBinding, remaps: Remaps): readonly string[] {
	const given = remaps[binding.intent];
	if (given === undefined) return binding.keys;
	return [...given, ...(binding.always ?? []).filter(key => !given.includes(key))];
}

/** The keys of an action or inspection: the configured ones, or its own, if it has one. */
const declaredKeys = ({id, key}: DeclaredKey, remaps: Remaps): readonly string[] =>
	remaps[id] ?? (key === undefined ? [] : [key]);

/** `panes`: all panes there are, for the number keys. Without them it has no number keys, which is enough to name the key of an intent. */
export function createKeymap(remaps: Remaps = {}, panes: readonly TitledPane[] = []): Keymap {
	const mapped: readonly KeyBinding[] = keyBindings(panes).map(binding => ({
		...binding,
		keys: keysOf(binding, remaps),
	}));
	const table = new Map<string, KeyIntent>();
	for (const {scope, keys, intent} of mapped) for (const key of keys) table.set(`${scope} ${key}`, intent);
	const keyOf = (id: string, declared = '') =>
		remaps[id]?.[0] ?? mapped.find(binding => binding.intent === id)?.keys[0] ?? declared;
	const taken = new Set([...mapped.flatMap(({keys}) => keys), ...Object.values(remaps).flat()]);
	return {
		bindings: mapped,
		isTaken: key => taken.has(key),
		intent: (scope, key) => table.get(`${scope} ${key}`) ?? (scope === 'field' ? undefined : table.get(`any ${key}`)),
		keyOf,
		keyFor: intent => keyOf(intent, '(no key)'),
		findDeclared: (of, kind, key) =>
			of.find(entry => appliesToKind(entry, kind) && declaredKeys(entry, remaps).includes(key)),
	};
}

/** A problem with the keys; `id` is the entry of the configuration that causes it, if any. */
export type KeyProblem = {readonly id?: string; readonly text: string};

/** The keys of document options must not be those of the scopes `document` and `any`. */
function documentOptionProblems(
	{id, documentOptions = []}: DeclaredKey,
	mapped: readonly KeyBinding[],
): readonly KeyProblem[] {
	const fixed = mapped.filter(binding => binding.scope === 'document' || binding.scope === 'any');
	return documentOptions.flatMap(({key, title}, index) => {
		const owner = fixed.find(binding => binding.keys.includes(key));
		const twin = documentOptions.findIndex(other => other.key === key);
		return [
			...(/^[^\sA-Z]$/u.test(key)
				? []
				: [{text: `${id}: ${title} needs a lower-case letter or a sign as its key, not ${key}`}]),
			...(owner === undefined ? [] : [{id: owner.intent, text: `key ${key}: ${owner.intent} and ${title} of ${id}`}]),
			...(twin < index ? [{text: `key ${key}: ${documentOptions[twin]?.title} and ${title} of ${id}`}] : []),
		];
	});
}

const keyNameHint =
	'key is a character (x, G, ?), ctrl+ and a letter, alt+ and a character, or one of esc, enter, tab, space, backspace, insert, delete, up, down, left, right, home, end, pageup, pagedown, f1 to f12';

/** Unknown ids in the configuration, and keys that no terminal sends. */
function remapProblems(remaps: Remaps, known: ReadonlySet<string>, isKey: (name: string) => boolean): KeyProblem[] {
	const problems: KeyProblem[] = [];
	for (const [id, keys] of Object.entries(remaps)) {
		for (const key of keys) {
			const near = key.toLowerCase();
			const hint = isKey(near) ? `did you mean ${near}? A ${keyNameHint}` : `a ${keyNameHint}`;
			if (!isKey(key)) problems.push({id, text: `keys: ${id}: ${key} is no key that a terminal sends; ${hint}`});
			else if (key === 'ctrl+c' && id !== 'deck.quit')
				problems.push({id, text: `keys: ${id}: ctrl+c always quits; take another key`});
		}
		if (known.has(id)) continue;
		const near = closestWord(id, [...known]);
		const meant = near === undefined ? '' : `; did you mean ${near}?`;
		problems.push({id, text: `keys: ${id} is not an intent, an action or an inspection${meant}`});
	}
	return problems;
}

/**
 * The problems that prevent the start: one key for two commands of the same scope, an action with another key than a capital letter or a function key, an
 * inspection with a capital letter, remaps of unknown ids, and keys that no terminal sends (by `isKey`).
 */
export function keymapProblems(
	{actions, inspections, panes}: DeclaredKeys,
	remaps: Remaps = {},
	isKey: (name: string) => boolean = () => true,
): readonly KeyProblem[] {
	const known = new Set<string>([
		...keyBindings(panes).map(({intent}) => intent),
		...[...actions, ...inspections].map(({id}) => id),
	]);
	const problems = remapProblems(remaps, known, isKey);
	/** Adds a problem, with the first id that the configuration remaps. */
	const report = (text: string, ...ids: readonly string[]) => {
		const id = ids.find(candidate => candidate in remaps);
		problems.push({...(id === undefined ? {} : {id}), text});
	};
	const {bindings: mapped} = createKeymap(remaps, panes);
	const claimed = new Map<string, string>();
	const claim = (scope: string, key: string, id: string) => {
		const other = claimed.get(`${scope} ${key}`);
		if (other === undefined) claimed.set(`${scope} ${key}`, id);
		else if (other !== id) report(`key ${key}: ${other} and ${id}`, id, other);
	};
	for (const scope of ['deck', 'list', 'document', 'field', 'confirm'] as const) {
		for (const binding of mapped) {
			if (binding.scope === scope || (binding.scope === 'any' && scope !== 'field' && scope !== 'confirm')) {
				for (const key of binding.keys) claim(scope, key, binding.intent);
			}
		}
	}
	const accepts = new Set(mapped.find(binding => binding.intent === 'field.accept')?.keys);
	for (const binding of mapped) {
		for (const key of binding.keys) {
			const typesText = key === 'space' || [...key].length === 1;
			const answers = binding.intent === 'confirm.yes';
			if (/\.arm$/.test(binding.intent) && accepts.has(key)) {
				// Two different keys, so that a held key does not arm.
				report(
					`${binding.intent}: a target is armed by a key and then ${key}, so the key cannot be ${key}`,
					binding.intent,
				);
			} else if (answers && !/^[a-z]$/.test(key)) {
				// Enter is the second half of the answer, and a held capital letter that opened the question must not be the first half.
				report(`confirm.yes: a question is answered by a lower-case letter, not ${key}`, binding.intent);
			} else if (!answers && typesText && (binding.scope === 'field' || binding.scope === 'confirm'))
				report(
					`${binding.intent}: ${key} would be typed into the field; take a key that types nothing`,
					binding.intent,
				);
		}
	}
	const deck = mapped.filter(binding => binding.scope === 'deck' || binding.scope === 'any');
	for (const entry of [...actions, ...inspections]) {
		const acts = actions.includes(entry);
		for (const key of declaredKeys(entry, remaps)) {
			const owner = deck.find(binding => binding.keys.includes(key));
			if (owner !== undefined) report(`key ${key}: ${owner.intent} and ${entry.id}`, entry.id, owner.intent);
			else for (const kind of [entry.kind, ...(entry.also ?? [])]) claim(`deck ${kind}`, key, entry.id);
			if (acts && !/^([A-Z]|f\d+)$/.test(key))
				report(`${entry.id}: an action needs a capital letter or a function key, not ${key}`, entry.id);
			if (!acts && /^[A-Z]$/.test(key))
				report(`${entry.id}: only actions may use a capital letter, not ${key}`, entry.id);
		}
		problems.push(...documentOptionProblems(entry, mapped));
	}
	return problems;
}
