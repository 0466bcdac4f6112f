import {Text} from 'ink';
import {render} from 'ink-testing-library';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {createStore} from '../../src/watch/store.ts';
import {App} from '../../views/app.tsx';
import {ErrorBoundary} from '../../views/error-boundary.tsx';
import {Overlay} from '../../views/modal/overlay.tsx';
import {Surface} from '../../views/surface.tsx';
import {createTheme} from '../../views/theme.ts';
import {type DeckFixture, openDeckFixture} from '../src/input/deck-fixture.ts';

/*
 * The Ink components by themselves, on the stdout of ink-testing-library: 100 by 24 cells, no compositor, and a list of all frames, which shows
 * how often Ink rendered.
 */

let mounted: ReturnType<typeof render> | undefined;
afterEach(() => {
	mounted?.unmount();
	mounted = undefined;
});

const show = (tree: Parameters<typeof render>[0]) => {
	mounted = render(tree);
	return mounted;
};

describe('an error boundary', () => {
	function Failing({message}: {readonly message: string | undefined}) {
		if (message !== undefined) throw new Error(message);
		return <Text>all well</Text>;
	}

	beforeEach(() => {
		// React prints each error that it passes to a boundary.
		vi.spyOn(console, 'error').mockImplementation(() => {});
	});
	afterEach(() => {
		vi.restoreAllMocks();
	});

	it('shows its children as long as none throws', () => {
		const {lastFrame, rerender} = show(
			<ErrorBoundary>
				<Failing message={undefined} />
			</ErrorBoundary>,
		);
		expect(lastFrame()).toBe('all well');
		rerender(
			<ErrorBoundary>
				<Failing message="broken\u001b[2J" />
			</ErrorBoundary>,
		);
		const text = lastFrame()?.replaceAll('\n', ' ') ?? '';
		expect(text).toContain('This screen cannot be drawn: broken');
		expect(text).toContain('Press ctrl+c to quit');
		expect(text).not.toContain('\u001b[2J');
	});
});

describe('an overlay', () => {
	it('blanks what is below it, and the later of two is on top', () => {
		const {lastFrame} = show(
			<>
				<Text>{'aaaaaaaa\naaaaaaaa\naaaaaaaa'}</Text>
				<Overlay left={1} top={0} width={4} height={2}>
					<Text>one</Text>
				</Overlay>
				<Overlay left={3} top={1} width={3} height={2}>
					<Text>two</Text>
				</Overlay>
			</>,
		);
		expect(lastFrame()).toBe('aone aaa\na  twoaa\naaa   aa');
	});
});

describe('a surface without a compositor', () => {
	it('renders when its rows change, and not when they are the same', async () => {
		const rows = createStore<readonly string[]>(['one ', 'two ']);
		const {lastFrame, frames} = show(<Surface rows={rows} width={4} height={2} />);
		await vi.waitFor(() => expect(lastFrame()).toBe('one\ntwo'));
		const before = frames.length;
		rows.set(rows.get());
		rows.set(['uno ', 'dos ', 'tres']);
		await vi.waitFor(() => expect(lastFrame()).toBe('uno\ndos'));
		expect(frames.length).toBe(before + 1);
	});
});

describe('the app', () => {
	let fixture: DeckFixture;
	afterEach(() => fixture.close());

	it('draws the deck, opens a modal by a key and closes it again', async () => {
		fixture = await openDeckFixture();
		const {lastFrame} = show(
			<App deck={fixture.deck} theme={createTheme('none', false)} afterPaint={call => call()} />,
		);
		const lines = () => (lastFrame() ?? '').split('\n');
		await vi.waitFor(() => expect(lastFrame()).toContain('1 Jobs'));
		expect(lines()).toHaveLength(24);
		await fixture.pressKeys('!');
		await vi.waitFor(() => expect(lastFrame()).toContain('┌'));
		await fixture.pressKeys('esc');
		await vi.waitFor(() => expect(lastFrame()).not.toContain('┌'));
		expect(lastFrame()).toContain('1 Jobs');
	});

	it('does not render while nothing on the screen changes', async () => {
		fixture = await openDeckFixture();
		const {lastFrame, frames} = show(
			<App deck={fixture.deck} theme={createTheme('none', false)} afterPaint={call => call()} />,
		);
		await vi.waitFor(() => expect(lastFrame()).toContain('1 Jobs'));
		await new Promise(resolve => setImmediate(resolve));
		const before = frames.at(-1);
		const count = frames.length;
		fixture.deck.notifyChanged();
		fixture.deck.notifyChanged();
		await new Promise(resolve => setImmediate(resolve));
		expect(frames.at(-1)).toBe(before);
		expect(frames.length).toBeLessThanOrEqual(count + 1);
	});
});
