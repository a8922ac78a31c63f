import { useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { bytesText } from '../../core/bytes.js';
import { save } from '../../core/save.js';
import { useAnswer } from '../../core/store.js';
import { text } from '../../core/text.js';
import { Button, LinkButton } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { Answered } from '../../parts/Screen.jsx';
import { Sheet } from '../../parts/Sheet.jsx';

/** What to look at, or to give to who helps. */
export function ReportCard() {
  const [isAsked, setAsked] = useState(false);
  return (
    <Card title={text('settings.doctor_node')}>
      <div class="actions">
        <LinkButton href="#/log">{text('settings.doctor_log')}</LinkButton>
        <Button icon="save" acts onPress={() => setAsked(true)}>
          {text('settings.report')}</Button>
      </div>
      {isAsked && <ReportSheet onClose={() => setAsked(false)} />}
    </Card>
  );
}

/**
 * Says what is in it first.
 *
 * @param {{onClose: () => void}} props
 */
function ReportSheet({ onClose }) {
  const answer = useAnswer('bundle');

  async function keep() {
    save('pond-report.tar.gz', await order('bundle', {},
      { isFile: true, isLong: true }),
      'application/gzip');
    onClose();
  }

  return (
    <Sheet title={text('settings.report')} onClose={onClose} actions={
      answer.data && <Button kind="primary" icon="save" acts onPress={keep}>
        {text('settings.report_save')}</Button>}>
      <p>{text('settings.report_without')}</p>
      <Answered answer={answer}>
        {(/** @type {{items: {name: string, bytes: number}[]}} */ { items }) => (
          <ul class="rows">
            {items.map(({ name, bytes }) => (
              <li key={name}>
                <code class="outside">{name}</code>
                <span class="muted">{bytesText(bytes)}</span>
              </li>
            ))}
          </ul>
        )}
      </Answered>
    </Sheet>
  );
}
