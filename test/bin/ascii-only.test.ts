import {expect, test} from 'vitest';
import {isAsciiOnly} from '../../bin/ascii-only.ts';

test.each([
	[{}, false],
	[{LANG: 'C'}, false],
	[{LANG: 'en_US.UTF-8'}, false],
	[{LANG: 'de_DE.utf8', TERM: 'xterm'}, false],
	[{LANG: 'en_US.ISO-8859-1'}, true],
	[{LANG: 'en_US.ISO-8859-1', LC_ALL: ''}, true],
	[{LANG: 'en_US.ISO-8859-1', LC_ALL: '', LC_CTYPE: 'C.UTF-8'}, false],
	[{LANG: 'en_US.UTF-8', LC_ALL: 'de_DE@euro'}, true],
	[{LANG: 'en_US.UTF-8', TERM: 'linux'}, true],
	[{LANG: 'en_US.UTF-8', MIDWATCH_ASCII: '1'}, true],
])('%j: only ASCII is %s', (env, wanted) => {
	expect(isAsciiOnly(env)).toBe(wanted);
});
