import { useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { can } from '../../core/node.js';
import { pieces, text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Card } from '../../parts/Card.jsx';
import { GuardedSheet } from '../../parts/GuardedSheet.jsx';
import { say } from '../../parts/Notice.jsx';
import { PassphraseFields, usePassphrase }
  from '../../parts/PassphraseFields.jsx';

/**
 * One passphrase locks all wallets of the folder.
 *
 * @param {{data: {file: string, kept: boolean}, onChanged: () => void}} props
 */
export function ChangePassphrase({ data, onChanged }) {
  const [isAsked, setAsked] = useState(false);
  const title = text(can('seal') ? 'wallets.change' : 'setup.choose');
  return (
    <Card title={text('setup.passphrase')}>
      <p>{data.file ? pieces('wallets.from_file', {
        file: <code class="outside">{data.file}</code>,
        command: <code class="typed">pond wallet passphrase</code> })
        : text(!can('seal') ? 'wallets.none'
          : data.kept ? 'wallets.is_kept' : 'wallets.not_kept')}</p>
      {!data.file && (
        <div class="actions">
          <Button icon="lock" onPress={() => setAsked(true)}>{title}</Button>
        </div>)}
      {isAsked && <Change title={title} isKept={data.kept}
        onClose={() => { setAsked(false); onChanged(); }} />}
    </Card>
  );
}

/** @param {{title: string, isKept: boolean, onClose: () => void}} props */
function Change({ title, isKept, onClose }) {
  const form = usePassphrase(isKept);

  /** @param {string} passphrase */
  async function change(passphrase) {
    const body = form.take();
    if (!body)
      return;
    await order('passphrase', { passphrase, new: body.passphrase,
      remember: body.remember }, { isLong: true });
    say({ tone: 'good', words: text('settings.saved') });
    onClose();
  }

  return (
    <GuardedSheet title={title} button={title} isSealed={can('seal')}
      label={text('wallets.old')} onClose={onClose} onGo={change}>
      <p>{text('wallets.change_what')}</p>
      <PassphraseFields form={form} label={text('wallets.new')} />
    </GuardedSheet>
  );
}
