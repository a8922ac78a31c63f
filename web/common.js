/**
 * What several files of screens use, the explorer's or the frame among them.
 * Each of them imports it, so that it becomes one file: without it esbuild makes
 * a file for each set that shares something, and many small files weigh a tenth
 * more. web/build.py says what is missing here and in operator.js.
 */
import './core/amount.js';
import './core/api.js';
import './core/base58.js';
import './core/chart.js';
import './core/drafts.js';
import './core/json.js';
import './core/kept.js';
import './core/live.js';
import './core/merge.js';
import './core/names.js';
import './core/node.js';
import './core/picture.js';
import './core/plain.js';
import './core/router.js';
import './core/session.js';
import './core/setup.js';
import './core/shortcuts.js';
import './core/store.js';
import './core/task.js';
import './core/text.js';
import './core/theme.js';
import './core/time.js';
import './core/width.js';
import './parts/Amount.jsx';
import './parts/Badge.jsx';
import './parts/Button.jsx';
import './parts/Card.jsx';
import './parts/Chart.jsx';
import './parts/Cid.jsx';
import './parts/Copy.jsx';
import './parts/Empty.jsx';
import './parts/Field.jsx';
import './parts/Figure.jsx';
import './parts/GatewayLink.jsx';
import './parts/GuardedSheet.jsx';
import './parts/Icon.jsx';
import './parts/Key.jsx';
import './parts/Menu.jsx';
import './parts/Notice.jsx';
import './parts/Outside.jsx';
import './parts/Plot.jsx';
import './parts/Progress.jsx';
import './parts/Screen.jsx';
import './parts/Shapes.jsx';
import './parts/Sheet.jsx';
import './parts/Table.jsx';
import './parts/Tabs.jsx';
import './parts/TaskName.jsx';
import './parts/TextView.jsx';
import './parts/Time.jsx';
