import { text } from '../core/text.js';
import { LinkButton } from '../parts/Button.jsx';
import { Empty } from '../parts/Empty.jsx';
import { Screen } from '../parts/Screen.jsx';
import { HOME } from '../routes.js';

/** A route that there is not. The search field is in the bar. */
export function Unknown() {
  return (
    <Screen title={text('unknown.title')}>
      <Empty action={
        <LinkButton href={`#${HOME}`}>{text('unknown.home')}</LinkButton>}>
        {text('unknown.what')}
      </Empty>
    </Screen>
  );
}
