import {describe, expect, test} from 'vitest';
import {summarizeErrorOutput} from '../../../src/text/error-output.ts';

describe('the output of a login helper', () => {
	test.each([
		['nothing', '\n\n', [], ''],
		['its last line where no line names a reason', 'one\ntwo\nthree\n', [], 'two · three'],
		[
			'the lines that name the reason',
			'Loading…\nError: the session has expired\nRun aws sso login\nbye\n',
			[],
			'Error: the session has expired · Run aws sso login',
		],
		[
			'no frames of a stack',
			'Traceback (most recent call last):\n  File "/usr/lib/aws.py", line 3, in main\nbotocore.Error: token expired\n',
			[],
			'botocore.Error: token expired',
		],
		['no argument', 'unknown flag --token=canaryARG\n', ['--token=canaryARG'], 'unknown flag …'],
		['no value of an argument', 'invalid token "canaryARG"\n', ['--token=canaryARG'], 'invalid token "…"'],
		['no word of a script', 'sh: canaryARG: not found\n', ['-c', 'login canaryARG --now'], 'sh: …: not found'],
		['no argument that is a complete line', 'canaryARG\n', ['canaryARG'], ''],
		['no secret by its form', 'fetch of https://me:canaryPW@idp/ failed\n', [], 'fetch of https://me:***@idp/ failed'],
		['no escape sequence', '\u001b[31mError\u001b[0m: \u001b]52;c;eA==\u0007denied\n', [], 'Error: denied'],
	])('is shown as %s', (_, written, hidden, shown) => {
		expect(summarizeErrorOutput(written, hidden)).toBe(shown);
	});

	test('is bounded, and an argument that was cut in two is not shown either', () => {
		expect(summarizeErrorOutput('x'.repeat(100_000), [])).toBe('');
		expect(summarizeErrorOutput(`error ${'long '.repeat(100)}`, []).length).toBe(300);
		const argument = `canary${'z'.repeat(3000)}`;
		expect(summarizeErrorOutput(`${argument}${'y'.repeat(1500)}\nfailed\n`, [argument])).toBe('failed');
	});
});
