import { Icon } from './Icon.jsx';

/**
 * A state in a word. Its colour goes with a picture, and never stands for it.
 *
 * @param {{tone?: 'good' | 'info' | 'warn' | 'bad' | 'muted',
 *          icon?: import('./Icon.jsx').IconName, children: any}} props
 */
export function Badge({ tone = 'muted', icon, children }) {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} />}<span>{children}</span>
    </span>
  );
}
