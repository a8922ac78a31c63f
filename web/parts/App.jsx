import { Component } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../core/api.js';
import { startCopies } from '../core/copies.js';
import { hasDrafts } from '../core/drafts.js';
import { keep, kept } from '../core/kept.js';
import { connection, isOutdated, reconnect, returns, seedTopic }
  from '../core/live.js';
import { openFromAddress } from '../core/opening.js';
import { go, route } from '../core/router.js';
import { session } from '../core/session.js';
import { isSetupDue, loadSetup, setup } from '../core/setup.js';
import { isListShown } from '../core/shortcuts.js';
import { useWatched } from '../core/store.js';
import { text } from '../core/text.js';
import { duration, now } from '../core/time.js';
import { isWide } from '../core/width.js';
import { DOOR } from '../routes.js';
import { Connect } from '../screens/Connect.jsx';
import { Unknown } from '../screens/Unknown.jsx';
import { Bar } from './Bar.jsx';
import { Button } from './Button.jsx';
import { Icon } from './Icon.jsx';
import { Notice, Notices } from './Notice.jsx';
import { Screen } from './Screen.jsx';
import { Shapes } from './Shapes.jsx';
import { Shortcuts } from './Shortcuts.jsx';
import { TaskList } from './TaskList.jsx';

/** A connection that comes back sooner is not spoken of. */
const LOST_SAID_AFTER_MS = 2000;
/** In the tab's storage: the build that was left by a reload. */
const RELOADED = 'pond.reloaded';

startCopies();
openFromAddress();
addEventListener('hashchange', openFromAddress);

/** The whole page: the bar, what is said above, and the screen of the route. */
export function App() {
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>{text('app.skip')}</a>
      <Bar />
      {DOOR === 'node' && <Banners />}
      <div class={hasList() ? 'with-list' : undefined}>
        {hasList() && <TaskList />}
        <main id="main" class="content" tabIndex={-1}>
          {DOOR === 'node' ? <Guarded /> : <Routed />}
        </main>
      </div>
      <Notices />
      {isListShown.value && <Shortcuts />}
    </>
  );
}

/**
 * "#main" is no route.
 *
 * @param {Event} event
 */
function skip(event) {
  event.preventDefault();
  document.querySelector('main')?.focus();
}

/** Beside a task, where there is room. */
function hasList() {
  const { place, params } = route.value;
  return isWide.value && place === 'node' && Boolean(params.task) &&
    session.value.state === 'open';
}

/** Without a session nothing but the way to one is shown. */
function Guarded() {
  const { state } = session.value;
  if (state === 'none')
    return <Connect />;
  if (state === 'opening')
    return <Screen title={text('connect.opening')}><Shapes /></Screen>;
  return <WithNode />;
}

/** What all screens need is watched as long as there is a session. */
function WithNode() {
  useWatched('node');
  useWatched('attention');
  useEffect(() => {
    // Sooner than the live connection; what fails here, that one meets, too.
    get('node').then((data) => seedTopic('node', data), () => {});
  }, []);
  const count = returns.value;
  useEffect(() => { loadSetup(); }, [count]);
  const isDue = isSetupDue();
  const { path } = route.value;
  useEffect(() => {
    if (isDue)
      go(`/setup/${setup.value?.step}`, { replace: true });
  }, [isDue, path]);
  return isDue ? <Shapes /> : <Routed />;
}

function Routed() {
  const { path, load } = route.value;
  return <Loaded key={path} load={load} />;
}

/** A browser whose network has just changed drops what it is loading. */
const LOADS_MAX = 3;
const LOAD_AGAIN_MS = 500;

/**
 * The screen of a route, whose code may still have to come.
 *
 * @param {{load: (() => Promise<{default: any}>) | null}} props
 */
function Loaded({ load }) {
  const [found, setFound] = useState(
    /** @type {{screen?: any, error?: unknown}} */({}));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isHere = true;
    const again = () => isHere && setTurn(turn + 1);
    load?.().then(
      (made) => isHere && setFound({ screen: made.default }),
      (error) => isHere && (turn + 1 < LOADS_MAX
        ? setTimeout(again, LOAD_AGAIN_MS) : setFound({ error })));
    return () => { isHere = false; };
  }, [load, turn]);
  if (!load)
    return <Unknown />;
  if (found.error)
    return <Failed again={() => { setFound({}); setTurn(turn + 1); }} />;
  if (!found.screen)
    return <Shapes />;
  const Shown = found.screen;
  const { params, query } = route.value;
  return <Caught><Shown params={params} query={query} /></Caught>;
}

/**
 * A part of the page did not come.
 *
 * @param {{again: () => void}} props
 */
function Failed({ again }) {
  return (
    <Screen title={text('app.failed')}>
      <Notice tone="bad" isUrgent actions={
        <Button icon="restart" onPress={again}>{text('screen.again')}</Button>}>
        <p>{text('app.not_loaded')}</p>
      </Notice>
    </Screen>
  );
}

/** A fault in a screen is said there; bar and other screens stay. */
class Caught extends Component {
  state = { fault: /** @type {unknown} */ (null) };

  /** @param {unknown} fault */
  componentDidCatch(fault) {
    console.error(fault);
    this.setState({ fault });
  }

  render() {
    if (!this.state.fault)
      return this.props.children;
    return (
      <Screen title={text('app.failed')}>
        <Notice tone="bad" isUrgent actions={
          <Button icon="restart" onPress={() => location.reload()}>
            {text('app.reload')}</Button>}>
          <p>{text('error.page', { text: String(this.state.fault) })}</p>
        </Notice>
      </Screen>
    );
  }
}

/** What holds for all screens: no answer, which the first one says by itself;
 * another page. */
function Banners() {
  const { state, since, reason } = connection.value;
  const isOld = isOutdated.value;
  useEffect(() => {
    if (isOld && !hasDrafts() && !isFilled() && isFirstReload())
      location.reload();
  }, [isOld]);
  const lostMs = now.value - since;
  return (
    <>
      {state === 'lost' && lostMs > LOST_SAID_AFTER_MS &&
       route.value.path !== '/' && (
        <div class="banner" role="status">
          <Icon name="warn" />
          <span>{reason === 'restart' || reason === 'stop'
            ? text(`app.lost_${reason}`)
            : text('app.lost', { time: duration(lostMs) })}</span>
          <Button kind="quiet" onPress={reconnect}>{text('app.try_now')}</Button>
        </div>
      )}
      {isOld && (
        <div class="banner" role="status">
          <Icon name="info" /><span>{text('app.updated')}</span>
          <Button kind="quiet" onPress={() => location.reload()}>
            {text('app.reload')}</Button>
        </div>
      )}
    </>
  );
}

/** A page that stays old after a reload is some proxy's: not again and again. */
function isFirstReload() {
  const build = document.documentElement.dataset.build ?? '';
  const isFirst = kept('session', RELOADED) !== build;
  keep('session', RELOADED, build);
  return isFirst;
}

/** Something stands in a field that a reload would lose. */
function isFilled() {
  /** @type {NodeListOf<HTMLInputElement | HTMLTextAreaElement>} */
  const fields = document.querySelectorAll('main input, main textarea, dialog input');
  return [...fields].some((field) => field.value !== field.defaultValue);
}
