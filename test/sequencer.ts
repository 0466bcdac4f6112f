import {BaseSequencer, type TestSpecification} from 'vitest/node';

const isStory = ({moduleId}: TestSpecification) => moduleId.includes('/e2e/bad-days');

/** Stories of bad days first: each takes minutes of waiting, in which the other files of their project are run. */
export class StoriesFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		return [...sorted.filter(isStory), ...sorted.filter(file => !isStory(file))];
	}
}
