import {afterEach, describe, expect, it} from 'vitest';
import type {OtherConsole} from '../../src/audit/presence.ts';
import type {SinkState} from '../../src/audit/sink-progress.ts';
import type {SystemKind} from '../../src/contract/row.ts';
import {AdapterError} from '../../src/errors.ts';
import type {Deck} from '../../src/input/deck.ts';
import {createStore} from '../../src/watch/store.ts';
import {paintFindingStrip} from '../../views/chrome/finding-strip.ts';
import {paintFooter, paintTabs} from '../../views/chrome/footer.ts';
import {paintHeader} from '../../views/chrome/header.ts';
import {paintLayer} from '../../views/modal/paint-layer.ts';
import {type DeckFixture, openDeckFixture} from '../src/input/deck-fixture.ts';
import {memoryRow} from '../src/input/memory-system.ts';
import {cellsOf, plainText, themes} from './arbitraries.ts';
import {layerText} from './layer-text.ts';

const [, theme] = themes;

let fixture: DeckFixture;
afterEach(() => fixture.close());

describe('header', () => {
	it('shows the findings first when it is narrow', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'crit'), memoryRow('b', 'crit')], guarded: true});
		expect(plainText(paintHeader(fixture.deck, 120, theme))).toMatch(
			/^ midwatch {2}guarded: O arms {3}■ 2 {3}.*postgres ■.* 14:05:22Z$/,
		);
		expect(plainText(paintHeader(fixture.deck, 36, theme))).toMatch(/■ 2 .* 14:05:22Z$/);
		for (let columns = 36; columns < 200; columns += 1)
			expect(cellsOf(paintHeader(fixture.deck, columns, theme))).toBe(columns);
	});

	it('shows where another console is on a wide screen, and only their number on a narrow one', async () => {
		fixture = await openDeckFixture();
		const other: OtherConsole = {session: 'B', pid: 4242, tty: '/dev/pts/3', sshClient: '10.0.0.7', since: 0};
		const beside = (...others: readonly OtherConsole[]) => {
			const presence = {others: createStore(others), close: async () => {}};
			const deck = {...fixture.deck, options: {...fixture.deck.options, presence}};
			return (columns: number) => plainText(paintHeader(deck, columns, theme));
		};
		const one = beside(other);
		expect(one(120)).toContain('1 other console: pts/3 from 10.0.0.7  ');
		expect(one(48)).toMatch(/1 other console {2}/);
		expect(one(48)).not.toContain('pts/3');
		expect(one(26)).toContain('+1 console');
		const far = {...other, tty: undefined, sshClient: undefined};
		const two = beside({...other, sshClient: undefined}, far);
		expect(two(120)).toContain('2 other consoles: pts/3, pid 4242  ');
		for (let columns = 24; columns < 160; columns += 1) expect(two(columns).length).toBeLessThanOrEqual(columns);
	});

	it('shows unknown outcomes, the name of an armed target and other consoles at 80 columns, in this order', async () => {
		const name = 'warehouse-postgres-primary.eu-central-1';
		fixture = await openDeckFixture({
			targets: [name, 'orders-db-primary'],
			guarded: true,
			rows: ['a', 'b', 'c', 'd'].map(id => memoryRow(id, 'crit')),
		});
		await fixture.deck.options.arming.arm(name);
		await fixture.deck.options.arming.arm('orders-db-primary');
		const {options} = fixture.deck;
		const intent = {
			action: {id: 'x', title: 'X'},
			target: name,
			object: 'o',
			user: 'u',
			why: '',
			whatToCheck: '',
			cliEquivalent: '',
		};
		const other: OtherConsole = {session: 'B', pid: 4242, tty: '/dev/pts/3', sshClient: '10.0.0.7', since: 0};
		const deck: Deck = {
			...fixture.deck,
			options: {
				...options,
				labels: ['read as monitoring@orders', 'demo: storm'],
				unresolved: createStore([{...intent, id: 'A', ts: ''}]),
				presence: {others: createStore([other, {...other, session: 'C'}]), close: async () => {}},
			},
		};
		const at = (columns: number) => plainText(paintHeader(deck, columns, theme));
		expect(at(80)).toMatch(/^ warehouse-postg\S* \+1 armed .*\? 1 .*unknown.*: v .*(?:2 other|\+2) consoles/);
		for (let columns = 70; columns <= 200; columns += 1) {
			expect(at(columns)).toMatch(/warehouse-postg.* armed/);
			expect(at(columns)).toMatch(/\? 1 unknown.*: v/);
			expect(at(columns)).toMatch(/(?:2 other|\+2) consoles/);
		}
		expect(at(56)).toMatch(/warehouse-postg.* armed .*\? 1 unknown: v/);
		expect(at(34)).toMatch(/\? 1 unknown: v/);
	});

	it('shows at any width that a required audit sink accepts no records, and that break-glass is active', async () => {
		fixture = await openDeckFixture();
		const sink = {
			name: 'siem',
			destination: 'h',
			required: true,
			pendingRecords: 3,
			mismatch: undefined,
			failure: {message: 'm', hint: 'h'},
		};
		const header = (part: Partial<SinkState>, record?: string) => {
			const breakGlass = {
				state: createStore(record === undefined ? undefined : {record}),
				isNeeded: () => true,
				activate: async () => undefined,
				close() {},
			};
			const copies = {state: createStore<readonly SinkState[]>([{...sink, ...part}]), breakGlass};
			const deck: Deck = {...fixture.deck, options: {...fixture.deck.options, copies}};
			return (columns: number) => plainText(paintHeader(deck, columns, theme));
		};
		expect(header({})(120)).toContain('audit not delivered, actions blocked: siem (3 queued)');
		expect(header({}, 'A')(120)).toContain('BREAK-GLASS, audit not delivered: siem (3 queued)');
		expect(header({failure: undefined}, 'A')(120)).toContain('BREAK-GLASS');
		for (let columns = 34; columns <= 120; columns += 1) {
			expect(header({})(columns)).toMatch(/audit not delivered|no audit/);
			expect(header({}, 'A')(columns)).toContain('BREAK-GLASS');
			expect(header({failure: undefined, mismatch: 'b'})(columns)).toMatch(/rewritten/);
		}
		expect(header({failure: undefined, pendingRecords: 1})(120)).not.toMatch(/audit|siem/);
		expect(header({required: false})(120)).toContain('audit copies delayed: siem (3 queued)');
	});

	it('shows every unhealthy system at any width, and the number of healthy ones', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'crit')]});
		const {options} = fixture.deck;
		const [known] = options.watch.targets;
		const [reading] = options.watch.readings();
		if (known === undefined || reading === undefined) throw new Error('the demo has no target that was read');
		const kinds = ['kubernetes', 'postgres', 'redis', 'kafka', 'prometheus', 'alertmanager'] as const;
		const short: Readonly<Partial<Record<SystemKind, string>>> = {
			kubernetes: 'k8s',
			postgres: 'pg',
			prometheus: 'prom',
		};
		const header = (ill: readonly SystemKind[], read = true) => {
			const targets = kinds.map(kind => ({
				target: {...known.target, name: `${kind}-main`, kind},
				system: {...known.system, kind, ...(short[kind] === undefined ? {} : {short: short[kind]})},
			}));
			const readings = kinds.map(kind => ({
				...reading,
				target: `${kind}-main`,
				findings: ill.includes(kind) ? reading.findings : [],
				...(read ? {} : {state: 'connecting' as const, snapshot: undefined}),
			}));
			const watch = {...options.watch, targets, readings: () => readings, identity: () => undefined};
			const deck: Deck = {...fixture.deck, options: {...options, labels: ['demo: storm'], watch}};
			return (columns: number) => {
				expect(cellsOf(paintHeader(deck, columns, theme))).toBe(columns);
				return plainText(paintHeader(deck, columns, theme));
			};
		};
		const few = header(['kafka', 'alertmanager']);
		expect(few(160)).toContain('kubernetes ·  postgres ·  redis ·  kafka ■  prometheus ·  alertmanager ■');
		expect(few(110)).toMatch(/kubernetes · {2}kafka ■ {2}alertmanager ■ {2}\+3 ok/);
		expect(few(60)).toMatch(/ demo: storm .*kafka■ alertmanager■ \+4 ok/);
		for (let columns = 60; columns < 200; columns += 1) {
			expect(few(columns)).toMatch(/kafka ?■.*alertmanager ?■/);
			const namedCount = kinds.filter(kind => few(columns).includes(kind)).length;
			expect(/\+(\d) ok/.exec(few(columns))?.[1] ?? '0').toBe(String(kinds.length - namedCount));
		}
		// Nothing is called well that was not read.
		expect(header([], false)(60)).toMatch(/\+\d more/);
		const all = header(kinds);
		expect(all(100)).toMatch(/k8s■ pg■ redis■ kafka■ prom■ alertmanager■/);
		expect(all(60)).toMatch(/ demo: storm .*k8s■ pg■ redis■ \+3 more/);
	});

	it('counts armed targets when their names do not fit', async () => {
		const names = ['orders-db-primary', 'billing-db-primary', 'warehouse-db-primary'];
		fixture = await openDeckFixture({targets: names, guarded: true});
		for (const name of names) await fixture.deck.options.arming.arm(name);
		expect(plainText(paintHeader(fixture.deck, 200, theme))).toContain('billing-db-primary armed 10m00s');
		expect(plainText(paintHeader(fixture.deck, 80, theme))).toContain('orders-db-primary +2 armed 10m00s');
		expect(plainText(paintHeader(fixture.deck, 80, theme))).not.toContain('guarded');
	});
});

describe('strip', () => {
	it('has the requested number of lines, worst first, and says how many more there are', async () => {
		fixture = await openDeckFixture({rows: ['a', 'b', 'c', 'd'].map(id => memoryRow(id, 'crit'))});
		const lines = paintFindingStrip(fixture.deck, 120, 3, theme).map(plainText);
		expect(lines).toHaveLength(3);
		expect(lines[0]).toMatch(/^ ■ db {2}job a waits .*T stop$/);
		expect(lines[2]).toMatch(/\+1 more !$/);
		for (let columns = 60; columns < 200; columns += 7)
			expect(paintFindingStrip(fixture.deck, columns, 3, theme).map(cellsOf)).toEqual([columns, columns, columns]);
	});

	it('says that nothing is wrong, in the same height', async () => {
		fixture = await openDeckFixture();
		expect(paintFindingStrip(fixture.deck, 80, 2, theme).map(plainText)).toEqual([
			' · nothing is wrong on 1 target',
			'',
		]);
	});
});

describe('footer', () => {
	it('shows what can be done with the row, a disabled action dim', async () => {
		fixture = await openDeckFixture({guarded: true});
		const painted = paintFooter(fixture.deck, 120, theme);
		expect(plainText(painted)).toContain('K poke  T stop  X purge  M set  B never  d read the job');
		expect(painted).toContain('\u001b[2mK');
		expect(painted).toContain('\u001b[1md');
		expect(plainText(painted)).toContain('? help');
	});

	it('shows the keys of what is open, not those of the deck', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('d');
		expect(plainText(paintFooter(fixture.deck, 80, theme))).toBe(
			' / search  & filter  w wrap  s save  r read again  c copy  esc back',
		);
		await fixture.pressKeys('/');
		await fixture.type('one');
		expect(plainText(paintFooter(fixture.deck, 80, theme))).toMatch(/^ \/one▏/);
		await fixture.pressKeys('enter');
		expect(plainText(paintFooter(fixture.deck, 80, theme))).toContain('n next match');
		await fixture.pressKeys('esc', 't');
		expect(plainText(paintFooter(fixture.deck, 80, theme))).toBe('');
	});

	it('shows the end of a long filter', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('/');
		await fixture.type('x'.repeat(200));
		await fixture.type('END');
		expect(plainText(paintFooter(fixture.deck, 60, theme))).toMatch(/^ \/….*xEND▏/);
	});

	it('names the configured keys', async () => {
		const keys = {'field.accept': ['f5'], 'list.arm': ['f6'], 'list.login': ['f7'], 'list.choose': ['f8']};
		fixture = await openDeckFixture({guarded: true, keys});
		await fixture.pressKeys('/');
		expect(plainText(paintFooter(fixture.deck, 80, theme))).toContain('f5 applies');
		await fixture.pressKeys('esc', 't');
		expect(layerText(fixture.deck, 120, 20)).toContain('f8 shows only this target · f6 arms or disarms · f7 logs in');
		expect(layerText(fixture.deck, 120, 20)).toContain('guarded: f6 arms it');
	});

	it('shows a long notice on several lines, to its end', async () => {
		fixture = await openDeckFixture({guarded: true});
		await fixture.pressKeys('K');
		expect(layerText(fixture.deck, 200, 50)).toBe('');
		expect(plainText(paintFooter(fixture.deck, 60, theme))).toMatch(/…$/);
		expect(layerText(fixture.deck, 60, 20).replace(/\s+/g, ' ')).toContain(
			'press O to arm it for 10 minutes, then try again',
		);
	});

	it('shows the filter and the severity of each pane in the tabs', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'crit')]});
		await fixture.pressKeys('/');
		await fixture.type('a');
		await fixture.pressKeys('enter');
		expect(plainText(paintTabs(fixture.deck, 80, theme))).toBe(' 1 Jobs/■');
	});
});

describe('document', () => {
	it('shows its position, and highlights the searched text', async () => {
		fixture = await openDeckFixture();
		const lines = Array.from({length: 40}, (_, index) => ({text: `line ${index}`}));
		fixture.server.read = async () => ({title: 'Long', lines, cliEquivalent: []});
		await fixture.pressKeys('d', 'space');
		paintLayer(fixture.deck, {columns: 60, rows: 12}, theme);
		await fixture.pressKeys('G');
		expect(layerText(fixture.deck, 60, 12)).toMatch(/^ Long ─+ 100 % {2}esc back\n/);
		expect(layerText(fixture.deck, 60, 12)).toContain('line 39');
		await fixture.pressKeys('/');
		await fixture.type('line 35');
		await fixture.pressKeys('enter');
		expect(paintLayer(fixture.deck, {columns: 60, rows: 12}, theme)?.rows.join('\n')).toContain('\u001b[7;1mline 35');
	});

	it('wraps a line of a tree below the start of its text', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => ({
			title: 'Tree',
			lines: [{text: '  └─ one two three four five six'}],
			cliEquivalent: [],
		});
		await fixture.pressKeys('d');
		expect(layerText(fixture.deck, 24, 12).split('\n').slice(1, 3)).toEqual([
			'   └─ one two three',
			'      four five six',
		]);
	});

	it('shows its title and the key that closes it where it is narrow, and cuts no word in two', async () => {
		fixture = await openDeckFixture();
		const title = 'Messages of payment-events/23 from 45,373,585';
		const lines = Array.from({length: 400}, (_, index) => ({text: `line ${index}`}));
		fixture.server.read = async () => ({title, lines, cliEquivalent: []});
		await fixture.pressKeys('d', '&');
		await fixture.type('line');
		await fixture.pressKeys('enter', '/');
		await fixture.type('39');
		await fixture.pressKeys('enter');
		for (let columns = 60; columns < 160; columns += 1) {
			const [titleLine = ''] = layerText(fixture.deck, columns, 12).split('\n');
			const [name = '', facts = ''] = titleLine.split(/ ─+ /);
			expect(`${title} `.startsWith(`${name.trim().replace('…', '')} `), titleLine).toBe(true);
			expect(name.length).toBeGreaterThan(24);
			expect(facts.split('  ')).toContain('&line');
			for (const fact of facts.trim().split('  '))
				expect(fact).toMatch(/^(\/39|&line|400 of 400 lines|esc back|\d+ %)$/);
			expect(plainText(paintFooter(fixture.deck, columns, theme))).toMatch(/ {2}esc back$/);
		}
	});

	it('says that no line passes its filter, and how to see all of them again', async () => {
		fixture = await openDeckFixture();
		const lines = Array.from({length: 40}, (_, index) => ({text: `line ${index}`}));
		fixture.server.read = async () => ({title: 'Long', lines, cliEquivalent: []});
		await fixture.pressKeys('d', '&');
		await fixture.type('zzzz');
		expect(layerText(fixture.deck, 80, 12)).toMatch(/0 of 40 lines/);
		expect(layerText(fixture.deck, 80, 12).split('\n').slice(1)).toEqual([
			' none of 40 lines matches &zzzz',
			' & changes the filter; an empty filter shows all lines',
			...Array.from({length: 7}, () => ''),
		]);
		await fixture.pressKeys('ctrl+u');
		expect(layerText(fixture.deck, 80, 12)).toContain('line 0');
	});

	it('shows that it is reading, and why it failed', async () => {
		fixture = await openDeckFixture();
		fixture.server.read = async () => {
			throw new AdapterError('denied', 'no', 'ask for it');
		};
		await fixture.pressKeys('d');
		expect(layerText(fixture.deck, 60, 12)).toContain(' no\n ask for it');
	});
});

describe('menu', () => {
	it('shows the lines around the selected one, and that one in full below', async () => {
		fixture = await openDeckFixture({
			rows: Array.from({length: 60}, (_, index) => memoryRow(`${index}`.padStart(2, '0'), 'crit')),
		});
		await fixture.pressKeys('!', 'G');
		expect(layerText(fixture.deck, 60, 15)).toContain('▸ ■ db  job 59 waits');
		expect(layerText(fixture.deck, 60, 15)).not.toContain('job 01 waits');
		expect(layerText(fixture.deck, 60, 15)).toContain('What is wrong (54 to 60 of 60)');
		await fixture.pressKeys('g');
		expect(layerText(fixture.deck, 60, 15)).toContain('▸ ■ db  job 00 waits');
	});

	it('explains an empty list', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('u');
		expect(layerText(fixture.deck, 60, 15)).toContain('No action of this console can be undone.');
	});
});
