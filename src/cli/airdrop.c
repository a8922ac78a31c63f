/*
 * pond airdrop: coins from a private network's faucet.
 *
 * The faucet is a key of the validator's that was given most of the supply at
 * genesis, so an airdrop is an ordinary transfer: it is paid for, stands in a
 * block and conserves coins like any other. A network without such a key, as
 * every public one is, refuses the method.
 *
 * Status 5 where the network has no faucet. The command returns when the
 * transfer is confirmed, so that the next one can spend it.
 */
#include "base/check.h"
#include "cli/commands.h"
#include "cli/session.h"

/* The amount is checked before anything is opened, so that a mistyped one is
 * reported as such and costs no connection. */
static int run(struct cli *cli, const void *values)
{
    CHECK(cli->argument_count >= 1);
    struct session session;
    struct client_sent sent;
    struct pubkey to;
    uint64_t roe;
    int status = options_roe(cli->arguments[0], &roe);

    if (!status && cli->argument_count > 1) {
        status = session_key(cli->arguments[1], &to);
    } else if (!status) {
        status = session_address(cli, &to);
    }
    if (!status)
        status = session_open(cli, &session);
    if (status)
        return status;
    status = session_status(
        &session, client_airdrop_wait(session.client, &to, roe, &sent));
    if (!status) {
        output_text(&cli->output, "to", PUBKEY_TEXT(&to));
        output_roe(&cli->output, "amount_roe", roe);
        session_print_sent(&cli->output, &sent);
    }
    session_close(&session);
    return status;
}

const struct command command_airdrop = {
    .name = "airdrop",
    .arguments = "AMOUNT [ADDRESS]",
    .summary = "ask a private network's faucet for KOII",
    .details = "ADDRESS is base58 or the path of a key file; without one it "
               "is the user's wallet. Public networks have no faucet of this "
               "kind and refuse.",
    .arguments_min = 1,
    .arguments_max = 2,
    .uses = COMMAND_RPC | COMMAND_KEY,
    .run = run,
};
