/*
 * `pond validator --check`: all that a stopped validator has on disk.
 */
#include "base/error.h"
#include "settlement/ledger/replay.h"
#include "settlement/validator/validator_folder.h"

/* If the history since the genesis was dropped, what is on the disk is all
 * there is to check. The replay checks no signatures, because ledger_check()
 * has just checked them. It uses one thread beside this one. */
static int replay(struct ledger *ledger, struct ledger_report *report)
{
    const struct replay_options options = {.threads = 1};
    struct replay_report replayed;
    int status = ledger_replay(ledger, &options, &replayed);
    if (status == ERR_STATE) {
        err_clear();
        return 0;
    }
    report->replayed = replayed.blocks;
    return status;
}

/* The folder is opened as for running, so a key or a genesis that would be
 * refused at a start is refused here. */
int validator_check(const char *path, struct ledger_report *report)
{
    struct validator_folder folder;
    struct ledger *ledger;
    int status = validator_folder_open(path, &folder);
    if (status)
        return status;
    status = ledger_open(folder.ledger_path, &folder.genesis, &ledger);
    if (!status) {
        status = ledger_check(ledger, report);
        if (!status)
            status = replay(ledger, report);
        ledger_close(ledger);
    }
    validator_folder_close(&folder);
    return status;
}
