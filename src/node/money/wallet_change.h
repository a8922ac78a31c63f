/*
 * Files of a node's folder that become true together, or not at all, wherever a
 * crash comes:
 *
 *     FOLDER/wallet.new/     while they are written: of no meaning after a
 * crash FOLDER/wallet.made/    all of them are there, and are moved to their
 *                            places
 *
 *     status = wallet_change_begin(folder, &fresh);
 *     ... write into fresh as if it were the folder
 *     status = wallet_change_end(folder, fresh, status);
 *
 * The folder's lock is the caller's. Thread: any, one at a time; calls block.
 */
#ifndef POND_NODE_MONEY_WALLET_CHANGE_H
#define POND_NODE_MONEY_WALLET_CHANGE_H

/* Finish an earlier change, and make a folder for this one. After a 0 *fresh is
 * given to wallet_change_end(). */
int wallet_change_begin(const char *folder, char **fresh);

/* status 0: put what is in fresh in its places; else throw it away and return
 * status. fresh is freed. */
int wallet_change_end(const char *folder, char *fresh, int status);

/* Finish, or undo, what a crash has broken off. Before anything of the folder's
 * keys is read. */
int wallet_change_finish(const char *folder);

#endif
