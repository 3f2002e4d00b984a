import { describePostgresStore } from '../postgres/describe-postgres-store.ts';

describePostgresStore('in a PostgreSQL database');
