import {describe, expect, test} from 'vitest';
import {baseDirectory, checkDirectories, EnvironmentError, homeDirectory} from '../../../src/files/base-directories.ts';

const noEntry = () => {
	throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT');
};

describe('the home directory', () => {
	test('is HOME, else that of the passwd entry', () => {
		expect(homeDirectory({HOME: '/home/ada'}, noEntry)).toBe('/home/ada');
		expect(homeDirectory({}, () => '/home/eve')).toBe('/home/eve');
	});

	test.each([
		[{HOME: ''}, 'HOME is empty'],
		[{HOME: '.'}, 'HOME is not an absolute path'],
		[{HOME: 'home/ada'}, 'HOME is not an absolute path'],
	])('is never taken from the current directory: %o', (env, says) => {
		expect(() => homeDirectory(env, () => '/home/eve')).toThrow(EnvironmentError);
		expect(() => homeDirectory(env, () => '/home/eve')).toThrow(says);
	});

	test('is an error of one line with a hint when nothing names it', () => {
		expect(() => homeDirectory({}, noEntry)).toThrow(
			/^HOME is not set, and uid \d+ has no passwd entry: set HOME [^\n]+$/,
		);
		expect(() => homeDirectory({}, () => '')).toThrow('the passwd entry names no absolute path');
	});
});

describe('the directories of the XDG specification', () => {
	test('are used when they are absolute, and an empty one counts as not set', () => {
		expect(baseDirectory({XDG_STATE_HOME: '/var/state', HOME: ''}, 'XDG_STATE_HOME', '.local/state')).toBe(
			'/var/state',
		);
		expect(baseDirectory({XDG_STATE_HOME: '', HOME: '/h'}, 'XDG_STATE_HOME', '.local/state')).toBe('/h/.local/state');
	});

	test.each(['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'])(
		'stop the start when relative: %s',
		name => {
			expect(() => checkDirectories({HOME: '/h', [name]: 'here'})).toThrow(`${name} is not an absolute path`);
			expect(() => checkDirectories({HOME: '/h', [name]: '/there'})).not.toThrow();
		},
	);
});
