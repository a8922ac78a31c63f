import { useId } from 'preact/hooks';

/**
 * A part of a screen with a heading of its own.
 *
 * @param {{title?: any, actions?: any, tone?: 'warn' | 'bad', id?: string,
 *          children: any}} props
 */
export function Card({ title, actions, tone, id, children }) {
  const heading = useId();
  return (
    <section class={`card${tone ? ` ${tone}` : ''}`} id={id}
      aria-labelledby={title ? heading : undefined}>
      {(title || actions) && (
        <div class="card-head">
          {title && <h2 id={heading}>{title}</h2>}
          {actions && <div class="actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
