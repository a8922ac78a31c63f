/* Callers wipe the secrets that they hold; nothing is kept here. */
#include "cli/wallet_file.h"
#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/settings.h"
#include "crypto/derivation.h"
#include "crypto/keyfile.h"
#include "crypto/mnemonic.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int wallet_file_check(const struct wallet_file_values *given)
{
    if (given->account && (given->outfile || given->path || given->force))
        return err_set(ERR_INVALID,
                       "--account makes both keys by Koii's paths, in the "
                       "node's folder: it takes no --outfile, "
                       "--derivation-path or --force");
    return 0;
}

/* The key of a seed phrase by a path, or as koii-keygen makes it. The
 * passphrase is BIP39's, "" for none; any passphrase gives a key. The seed is
 * wiped on every way out, and the caller wipes *out. */
int wallet_file_derive(const char *mnemonic, const char *passphrase,
                       const char *path, struct keypair *out)
{
    CHECK(mnemonic && out);
    uint8_t seed[MNEMONIC_SEED_SIZE];
    int status = 0;

    mnemonic_seed(mnemonic, passphrase, seed);
    if (path && !strcmp(path, "keygen"))
        derivation_keygen(seed, out);
    else
        status = derivation_key(bytes_make(seed, sizeof(seed)),
                                path ? path : DERIVATION_MAIN, out);
    sodium_memzero(seed, sizeof(seed));
    return status;
}

/* Write the key file, making its folder where it is the default one. The
 * fields go into the open record, which the caller completes. Modes are the
 * owner's alone, 0700 for the folder and 0600 for the file. */
int wallet_file_save(struct cli *cli, const struct keypair *keypair,
                     const struct wallet_file_values *given)
{
    struct passphrase passphrase = {.source = cli->passphrase};
    struct seal none = {0}, *seal = &none;
    const char *outfile = given->outfile;
    CHECK(keypair);
    char *path =
        outfile ? mem_text(outfile) : settings_new_key_path(&cli->place);
    int status = 0;

    if (!outfile) {
        char *folder = file_parent(path);

        status = file_make_folder(folder, 0700);
        free(folder);
    }
    /* Nobody types a passphrase for what is refused then. */
    if (!status && !given->force && file_exists(path))
        status = err_set(ERR_EXISTS, "%s: a key file is there already", path);
    if (!status && !given->no_passphrase)
        status = passphrase_get_new(&passphrase, path, &seal);
    if (!status)
        status = keyfile_write_sealed(path, keypair, seal, given->force);
    if (!status && !seal->passphrase.size && passphrase.text)
        cli_say(cli, "The key is not sealed: whoever can read %s has it.",
                path);
    if (status == ERR_EXISTS)
        cli_hint(cli, status,
                 "name another file with --outfile, or overwrite it with "
                 "--force (its coins are lost unless you hold its seed "
                 "phrase)");
    if (!status) {
        output_text(&cli->output, "address", PUBKEY_TEXT(&keypair->pubkey));
        output_text(&cli->output, "file", path);
        output_bool(&cli->output, "sealed", seal->passphrase.size > 0);
    }
    passphrase_wipe(&passphrase);
    free(path);
    return status;
}
