import { json } from './answer.js';

/** `GET /health`, for whoever watches over the server. */
export function health() {
  return json(200, { status: 'up' });
}
