import { useState } from 'preact/hooks';
import { order } from '../../core/api.js';
import { text } from '../../core/text.js';
import { Button } from '../../parts/Button.jsx';
import { Field } from '../../parts/Field.jsx';
import { Sheet } from '../../parts/Sheet.jsx';
import { useForm } from './useForm.js';

/**
 * Asks for URLs, of a network or of a service. They may have a key in them, so
 * they are in no draft. The node judges them: what is wrong stands at its field.
 *
 * @param {{title: string, path: string, urls: string, hasName?: boolean,
 *          remove?: string | false, onClose: () => void, onDone: () => void,
 *          bodyOf: (urls: string) => any}} props
 * path: of the API; with a name it has that behind it. remove: what removing it
 * is called, where that can be. bodyOf: of the order
 */
export function UrlSheet({ title, path, urls, hasName, remove, onClose, onDone,
  bodyOf }) {
  const [name, setName] = useState('');
  const [typed, setTyped] = useState(urls);
  const { faults, form, save } = useForm();

  /** @param {'PUT' | 'DELETE'} method */
  const send = (method) => save({}, async () => {
    await order(
      hasName ? `${path}/${encodeURIComponent(name.trim() || '-')}` : path,
      method === 'PUT' ? bodyOf(typed.trim()) : {}, { method });
    onDone();
    onClose();
  });

  return (
    <Sheet title={title} onClose={onClose} onEnter={() => send('PUT')} actions={
      <>
        {remove && <Button kind="danger" acts onPress={() => send('DELETE')}>
          {remove}</Button>}
        <Button kind="primary" acts onPress={() => send('PUT')}>
          {text('settings.save')}</Button>
      </>}>
      <div class="form" ref={form}>
        {hasName && <Field label={text('settings.network_name')} value={name}
          error={faults.name} onInput={setName} isRequired />}
        <Field label={text('settings.url')} value={typed} isWide isRequired
          hint={text(path.startsWith('networks') ? 'settings.network_urls_hint'
            : 'settings.url_whole')} error={faults.urls ?? faults.url}
          onInput={setTyped} />
      </div>
    </Sheet>
  );
}
