import {describe, expect, it} from 'vitest';
import {alertSentence, alertSeverity, alertSubject, isSameAlert} from '../../../src/model/alert-labels.ts';

describe('labels of an alert', () => {
	it.each([
		[{severity: 'critical'}, 'crit'],
		[{severity: 'Page'}, 'crit'],
		[{severity: ' critical '}, 'crit'],
		[{priority: 'P1'}, 'crit'],
		[{severity: 'warning'}, 'warn'],
		[{severity: 'ticket'}, 'warn'],
		[{}, 'warn'],
		[{severity: ''}, 'warn'],
		[{severity: 'info'}, 'ok'],
		[{severity: 'none'}, 'ok'],
		[{severity: 'ok', priority: 'P1'}, 'ok'],
	])('%j is %s', (labels, severity) => {
		expect(alertSeverity(labels)).toBe(severity);
	});

	it('name the object, the most specific last', () => {
		const labels = {
			alertname: 'Down',
			severity: 'page',
			instance: 'a:1',
			job: 'api',
			team: 'x',
			replica: 'b',
			empty: '',
		};
		expect(alertSubject(labels)).toBe('team=x job=api instance=a:1');
		expect(alertSubject({alertname: 'Watchdog'})).toBe('');
	});

	it('replace a missing summary', () => {
		expect(alertSentence({job: 'api'}, {summary: ' the\n api  is down ', description: 'more'})).toBe('the api is down');
		expect(alertSentence({job: 'api'}, {message: 'the api is down'})).toBe('the api is down');
		expect(alertSentence({job: 'api'}, {runbook_url: 'x'})).toBe('job=api');
	});

	it('are cut when they are very long', () => {
		const book = 'x'.repeat(5_000_000);
		expect(alertSentence({}, {summary: book})).toHaveLength(500);
		expect(alertSubject({job: book})).toHaveLength(500);
	});

	it('are the same alert when the Alertmanager has all those of the Prometheus', () => {
		expect(isSameAlert({a: '1'}, {a: '1', cluster: 'eu'})).toBe(true);
		expect(isSameAlert({a: '1', b: ''}, {a: '1'})).toBe(true);
		expect(isSameAlert({a: '1', b: '2'}, {a: '1'})).toBe(false);
		expect(isSameAlert({a: '1'}, {a: '2'})).toBe(false);
	});
});
