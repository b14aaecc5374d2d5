import { playMilestone } from './runner/play.js';

playMilestone(1);
