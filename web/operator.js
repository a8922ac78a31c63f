/** As common.js, of what the explorer does without: the operator's screens
 * import it. */
import './common.js';
import './core/agent.js';
import './core/bytes.js';
import './core/catalog.js';
import './core/money.js';
import './core/reasons.js';
import './core/save.js';
import './parts/Agent.jsx';
import './parts/AmountField.jsx';
import './parts/ClaimSheet.jsx';
import './parts/DaysChart.jsx';
import './parts/PassphraseFields.jsx';
import './parts/QrCode.jsx';
import './parts/Stakes.jsx';
import './parts/Steps.jsx';
import './parts/TaskState.jsx';
import './parts/Terms.jsx';
import './parts/Words.jsx';
