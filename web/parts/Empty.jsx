/**
 * What stands where there is nothing yet, and what to do about it.
 *
 * @param {{children: any, action?: any}} props
 */
export function Empty({ children, action }) {
  return (
    <div class="empty">
      <p>{children}</p>
      {action && <div class="actions">{action}</div>}
    </div>
  );
}
