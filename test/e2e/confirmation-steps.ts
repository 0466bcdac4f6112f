import type {KeyIntent} from '../../src/input/keymap.ts';
import type {Pty} from './pty.ts';

/** What answers the questions of a console on the screen. */
export type ConfirmationSteps = {
	/** Arms the target of the selected row. */
	arm(target: string): Promise<void>;
	/** Presses keys until the screen shows that they were accepted. Keys that arrive before the question was painted are not. */
	answer(intents: readonly KeyIntent[], isAccepted: (screen: string) => boolean): Promise<void>;
	/** Types into the field of a confirmation, each key in a read of its own. */
	typeKeys(text: string): Promise<void>;
	/**
	 * Gives the answer that the open confirmation demands: the key and Enter, or the name, the count and the reason.
	 * @throws Error when nothing can be confirmed.
	 */
	confirm(reason?: string): Promise<void>;
	/** Does the same. Returns false when the plan became stale before it was confirmed: nothing was sent. */
	confirmUnlessStale(reason?: string): Promise<boolean>;
	/** Opens an action on the selected row, confirms it and waits for its outcome. */
	action(id: string, reason?: string): Promise<string>;
};

type Keys = {
	press(...intents: readonly KeyIntent[]): void;
	openDeclared(id: string, opened: RegExp): Promise<string>;
};

const maxAttempts = 50;

/** A confirmation that waits for an answer, or says why it cannot be given. */
export const confirmable = /press \S+, then \S+, to confirm|type \S+, |nothing was sent/;

const isStale = (screen: string): boolean => screen.includes('has changed since the preview: nothing was sent');

export function createConfirmationSteps(pty: Pty, {press, openDeclared}: Keys): ConfirmationSteps {
	async function answer(intents: readonly KeyIntent[], isAccepted: (screen: string) => boolean): Promise<void> {
		for (let attempt = 0; attempt < maxAttempts; attempt++) {
			if (isAccepted(pty.screen())) return;
			if (intents.includes('confirm.yes') && pty.screen().includes('not taken')) {
				// After a y that was not taken, another y is not taken either: a different key resets it.
				press('field.erase');
				await pty.waitFor(screen => !screen.includes('not taken'));
			}
			press(...intents);
			await pty.waitFor(screen => isAccepted(screen) || screen.includes('not taken'));
			if (!isAccepted(pty.screen())) await pty.waitUntilIdle(100);
		}
		throw new Error(`the question accepts no answer:\n${pty.screen()}`);
	}

	async function typeKeys(text: string): Promise<void> {
		const isTyped = (count: number) => (screen: string) =>
			screen.split('\n').some(line => line.includes('> ') && line.includes(`${text.slice(0, count)}▏`));
		for (const [index, character] of [...text].entries()) {
			const isShown = isTyped(index + 1);
			for (let attempt = 0; !isShown(pty.screen()); attempt++) {
				if (attempt > maxAttempts) throw new Error(`${text} cannot be typed:\n${pty.screen()}`);
				pty.type(character);
				await pty.waitFor(screen => isShown(screen) || screen.includes('not taken'));
				if (!isShown(pty.screen())) await pty.waitUntilIdle(100);
			}
		}
	}

	async function typeCountAndReason(count: string, reason: string): Promise<void> {
		press('field.next');
		// Keys that come in one read are not taken.
		await pty.waitFor(/^.*> number/m);
		await typeKeys(count);
		press('field.next');
		await pty.waitFor(/^.*> reason/m);
		pty.type(reason);
		await pty.waitFor(`${reason}▏`);
		await pty.waitFor(screen => !screen.includes('you can confirm in'));
	}

	async function confirmUnlessStale(reason = 'e2e test'): Promise<boolean> {
		const screen = await pty.waitFor(confirmable);
		const withCount = /type (\S+), the number of objects \((\d+)\)/.exec(screen);
		const name = withCount?.[1] ?? /type (\S+), then \S+, to confirm/.exec(screen)?.[1];
		if (name === undefined) {
			const key = /press (\S+), then \S+, to confirm/.exec(screen)?.[1];
			if (key === undefined) {
				if (isStale(screen)) return false;
				throw new Error(`there is nothing to confirm:\n${screen}`);
			}
			await answer(['confirm.yes'], now => now.includes(`> ${key}▏`) || !now.includes('to confirm'));
		} else {
			await typeKeys(name);
			if (withCount?.[2] !== undefined) await typeCountAndReason(withCount[2], reason);
		}
		if (isStale(pty.screen())) return false;
		press('field.accept');
		return true;
	}

	async function confirm(reason?: string): Promise<void> {
		if (!(await confirmUnlessStale(reason))) throw new Error(`the plan is stale:\n${pty.screen()}`);
	}

	return {
		answer,
		typeKeys,
		confirmUnlessStale,
		confirm,
		async arm(target) {
			// The key is half of the answer only when it arrives alone: otherwise the question is left, and opened again.
			for (;;) {
				press('deck.arm');
				const screen = await pty.waitFor(/press enter to arm it|press \S+, then enter to arm it/);
				if (/press enter to arm it/.test(screen)) break;
				press('confirm.cancel');
				await pty.waitFor(now => !now.includes('to arm it'));
			}
			await answer(['field.accept'], screen => !screen.includes('to arm it'));
			await pty.waitFor(`${target} is armed`);
		},
		async action(id, reason) {
			await openDeclared(id, confirmable);
			await confirm(reason);
			return pty.waitFor(
				/\b(?:Done|Failed|Refused|Blocked|Cancelled|Expired)\b|outcome is not known|has changed since/,
			);
		},
	};
}
