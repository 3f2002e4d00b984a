/**
 * Loaded into the daemons of a campaign (`node --import`): their time of day is CLOCK_OFFSET_MS ahead, so that quiet hours,
 * which end with a minute of the daemon's, end when the campaign wants them to.
 */
import process from 'node:process';

const offset = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const { now } = Date;
Date.now = () => now() + offset;
